// What the pages do better with a script. Nothing is reachable by it alone:
// every link and form works without. Chromium 86 and later.
(() => {
  'use strict';

  const $ = (sel, root) => (root || document).querySelector(sel);
  const $$ = (sel, root) => Array.from((root || document).querySelectorAll(sel));
  const body = document.body;
  const fill = (text, ...args) => args.reduce((s, a, i) => s.replace('{' + i + '}', a), text);
  const store = {
    get(key) { try { return sessionStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { sessionStorage.setItem(key, value); } catch { /* private mode: typing is kept by the page alone */ } },
    drop(key) { try { sessionStorage.removeItem(key); } catch { /* as above */ } },
    keys() { try { return Object.keys(sessionStorage); } catch { return []; } },
  };

  // ---- keys: / j k n ? ----

  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));

  // ---- rows are chosen by x, the page by Shift-x; b goes to what to do with them ----

  const picks = () => $$('[data-pick]');

  function pick() {
    const row = document.activeElement && document.activeElement.closest('[data-list] tr');
    const box = row && $('[data-pick]', row);
    if (box) box.click();
  }

  function pickPage() {
    const all = picks(), on = !all.every((p) => p.checked);
    all.forEach((p) => { p.checked = on; });
    picked();
  }

  function picked() {
    const all = picks(), n = all.filter((p) => p.checked).length, out = $('[data-picked]'), page = $('[data-pick-page]');
    if (out) out.textContent = n ? fill(out.dataset.picked, n) : '';
    if (!page) return;
    page.checked = n > 0 && n === all.length;
    page.indeterminate = n > 0 && n < all.length;
  }

  document.addEventListener('change', (e) => {
    if (e.target.matches('[data-pick-page]')) pickPage();
    if (e.target.matches('[data-pick]')) picked();
  });

  function step(by) {
    const links = $$('[data-list] .row-link').filter((a) => a.offsetParent);
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: 'nearest' });
  }

  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === 'Escape') {
      const open = e.target.closest && e.target.closest('details[open]');
      if (open) {
        open.open = false;
        $('summary', open).focus();
      }
      return;
    }
    if (typing(e.target) || $('dialog[open]')) return;
    const act = {
      '/': () => { const q = $('#q'); if (q) { q.focus(); q.select(); } },
      j: () => step(1),
      k: () => step(-1),
      x: pick,
      X: pickPage,
      b: () => { const to = $('#bulk-action'); if (to) to.focus(); },
      n: () => { const a = $('a[href="/cases/new"]'); if (a) a.click(); },
      '?': () => openDialog('keys'),
    }[e.key];
    if (act) {
      e.preventDefault();
      act();
    }
  });

  function openDialog(id) {
    const d = document.getElementById(id);
    if (!d || !d.showModal) return false;
    if (!d.open) d.showModal();
    return true;
  }

  // ---- forms: a second look before a danger, never sent twice ----

  const confirmed = new WeakSet();

  function ask(form) {
    const d = $('#confirm');
    if (!d || !d.showModal) return window.confirm(form.dataset.confirm);
    $('#confirm-title').textContent = form.dataset.confirm;
    d.returnValue = '';
    d.addEventListener('close', () => {
      if (d.returnValue !== 'yes') return;
      confirmed.add(form);
      form.requestSubmit();
    }, { once: true });
    d.showModal();
    return false;
  }

  document.addEventListener('submit', (e) => {
    const form = e.target;
    if (form.dataset.confirm && !confirmed.has(form) && !ask(form)) {
      e.preventDefault();
      return;
    }
    confirmed.delete(form);
    if (!('guard' in form.dataset)) return;
    if (form.dataset.sent) {
      e.preventDefault();
      return;
    }
    unmask(form);
    form.dataset.sent = 'yes';
    $$('button', form).forEach((b) => b.setAttribute('aria-busy', 'true'));
    if (form.dataset.draft) store.set('sent:' + draftKey(form), '1');
  });

  window.addEventListener('pageshow', () => $$('form[data-sent]').forEach((form) => {
    delete form.dataset.sent;
    $$('[aria-busy]', form).forEach((b) => b.removeAttribute('aria-busy'));
  }));

  // ---- drafts: what was typed survives a reload, a lost session, a crash ----

  const draftKey = (form) => 'draft:' + (body.dataset.me || '') + ':' + form.dataset.draft + ':' + (form.dataset.item || '');
  const kept = (form) => Array.from(form.elements).filter((el) => el.name && el.type !== 'hidden' && !('private' in el.dataset));

  function saveDraft(form) {
    const values = kept(form).map((el) => (el.type === 'checkbox' || el.type === 'radio' ? el.checked : el.value));
    store.set(draftKey(form), JSON.stringify(values));
  }

  function restoreDraft(form) {
    const raw = store.get(draftKey(form));
    if (!raw || 'problem' in body.dataset) return; // the server shows what was typed
    const values = JSON.parse(raw), fields = kept(form);
    if (values.length !== fields.length) return;
    let any = false;
    fields.forEach((el, i) => {
      if (el.type === 'checkbox' || el.type === 'radio') {
        any = any || (values[i] && !el.checked);
        el.checked = el.checked || values[i];
      } else if (values[i] && values[i] !== el.value && el.value === (el.tagName === 'SELECT' ? el.value : el.defaultValue)) {
        el.value = values[i];
        any = any || el.tagName !== 'SELECT';
      }
    });
    const fold = form.closest('details');
    if (any && fold) fold.open = true;
  }

  function settleDrafts() {
    for (const key of store.keys()) {
      const mine = 'draft:' + (body.dataset.me || '') + ':';
      if (key.startsWith('draft:') && body.dataset.me && !key.startsWith(mine)) store.drop(key); // another person's
      if (key.startsWith('sent:') && body.dataset.me) {
        if (!('problem' in body.dataset)) store.drop(key.slice(5));
        store.drop(key);
      }
    }
  }

  document.addEventListener('input', (e) => {
    const form = e.target.form;
    if (form && form.dataset.draft) saveDraft(form);
    if (e.target.tagName === 'TEXTAREA') grow(e.target);
  });

  function grow(area) {
    const lines = area.value.split('\n').length + Math.floor(area.value.length / 60);
    area.rows = Math.min(Math.max(lines, area.dataset.rows || 1), 10);
  }

  // ---- personal data is masked as soon as it was typed ----

  const masks = {
    name: (v) => v.charAt(0) + '*'.repeat(Math.max(v.length - 1, 1)),
    id: (v) => (v.length > 8 ? v.slice(0, 4) + '*'.repeat(v.length - 8) + v.slice(-4) : v),
    phone: (v) => (v.length > 7 ? v.slice(0, 3) + '*'.repeat(v.length - 7) + v.slice(-4) : v),
  };

  function mask(el) {
    const real = document.createElement('input');
    real.type = 'hidden';
    real.name = el.name;
    real.value = el.value;
    el.removeAttribute('name');
    el.after(real);
    const hide = () => { el.value = real.value ? masks[el.dataset.mask](real.value) : ''; };
    el.addEventListener('focus', () => { el.value = real.value; });
    el.addEventListener('input', () => { real.value = el.value.trim(); });
    el.addEventListener('blur', hide);
    hide();
  }

  function unmask(form) {
    const el = document.activeElement;
    if (el && el.form === form && el.dataset.mask) el.nextElementSibling.value = el.value.trim();
  }

  // ---- filing: type-ahead over the service items ----

  function combo(input) {
    const list = document.getElementById(input.getAttribute('aria-controls'));
    let options = [], at = -1, timer = 0, request = null;
    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    };
    const mark = (i) => {
      at = i;
      options.forEach((o, j) => o.setAttribute('aria-selected', String(j === i)));
      if (i < 0) return;
      input.setAttribute('aria-activedescendant', options[i].id);
      options[i].scrollIntoView({ block: 'nearest' });
    };
    const take = (i) => { location.href = input.dataset.open + options[i].dataset.id; };
    const show = (items) => {
      list.textContent = '';
      options = items.map((item, i) => {
        const li = document.createElement('li'), name = document.createElement('span'), dept = document.createElement('span');
        li.id = list.id + '-' + i;
        li.setAttribute('role', 'option');
        li.dataset.id = item.id;
        name.textContent = item.name;
        dept.textContent = item.department ? item.department.name : '';
        dept.className = 'muted';
        li.append(name, dept);
        li.addEventListener('mousedown', (e) => { e.preventDefault(); take(i); });
        li.addEventListener('mousemove', () => mark(i));
        list.append(li);
        return li;
      });
      if (!options.length) {
        const li = document.createElement('li');
        li.className = 'none';
        li.textContent = input.dataset.none;
        list.append(li);
      }
      list.hidden = false;
      input.setAttribute('aria-expanded', 'true');
      mark(options.length ? 0 : -1);
    };
    const look = async () => {
      if (request) request.abort();
      const q = input.value.trim();
      if (!q) { close(); return; }
      request = new AbortController();
      try {
        const answer = await fetch(input.dataset.combo + '?limit=10&q=' + encodeURIComponent(q), { signal: request.signal, headers: { Accept: 'application/json' } });
        if (answer.ok) show((await answer.json()).items || []);
      } catch { /* typed on, or offline: the search button still works */ }
    };
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(look, 120);
    });
    input.addEventListener('keydown', (e) => {
      if (e.isComposing || list.hidden || !options.length) return;
      const n = options.length;
      const act = {
        ArrowDown: () => mark((at + 1) % n),
        ArrowUp: () => mark((at - 1 + n) % n),
        Escape: close,
      }[e.key];
      if (act) {
        e.preventDefault();
        e.stopPropagation();
        act();
      }
    });
    input.form.addEventListener('submit', (e) => {
      if (list.hidden || at < 0) return;
      e.preventDefault();
      take(at);
    });
    input.addEventListener('blur', close);
  }

  // ---- filing: the help follows the ticks, the button says what it will do ----

  function filing(form) {
    const ticks = $$('[data-proof]', form), go = $('[data-go]', form), other = $('[name="proof"]', form);
    const update = () => {
      const on = ticks.filter((t) => t.checked);
      $$('[data-help]').forEach((h) => { h.hidden = !on.some((t) => t.dataset.proof === h.dataset.help); });
      const none = $('[data-help-none]');
      if (none) none.hidden = on.length > 0;
      const free = other && other.value.trim() !== '';
      const goes = new Set(on.map((t) => t.dataset.goes));
      const now = on.some((t) => 'now' in t.dataset);
      $$('[data-once="now"]', form).forEach((el) => { el.hidden = !now; });
      $$('[data-once="same"]', form).forEach((el) => { el.hidden = free || on.length !== 1 || !on[0].dataset.same; });
      go.classList.toggle('primary', !now);
      const sure = !free && goes.size === 1 && !goes.has('');
      if (!on.length && !free) go.textContent = go.dataset.goPlain;
      else go.textContent = sure ? fill(go.dataset.goTo, on[0].dataset.goes) : go.dataset.goCoordinator;
    };
    form.addEventListener('change', update);
    form.addEventListener('input', update);
    update();
  }

  // ---- times: the relative one moves on, by the server's clock ----

  const rel = window.Intl && Intl.RelativeTimeFormat ? new Intl.RelativeTimeFormat(document.documentElement.lang) : null;
  const skew = Date.now() - Date.parse(body.dataset.now || new Date().toISOString());

  function ago(el) {
    const sec = (Date.parse(el.dataset.ago) - (Date.now() - skew)) / 1000, size = Math.abs(sec);
    if (size < 60) return body.dataset.justNow;
    const [unit, n] = size < 3600 ? ['minute', 60] : size < 86400 ? ['hour', 3600] : ['day', 86400];
    return rel.format(Math.trunc(sec / n), unit);
  }

  if (rel) setInterval(() => $$('[data-ago]').forEach((el) => { el.textContent = ago(el); }), 30000);

  // ---- live: when something of the reader's changed, the page follows ----

  const busy = (el) => el.matches(':hover') || $$('[data-pick]:checked', el).length > 0 || el.contains(document.activeElement) ||
    $$('details.act[open]', el).length > 0 || $$('textarea', el).some((a) => a.value.trim() !== '');

  async function follow() {
    let fresh;
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      if (!answer.ok || answer.redirected) return;
      fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch { return; /* offline; the next event tries again */ }
    let held = false;
    $$('[data-swap]').forEach((old) => {
      const now = fresh.getElementById(old.id);
      if (!now || now.innerHTML === old.dataset.was) return;
      if (old.dataset.swap === 'calm' && busy(old)) {
        held = true;
        return;
      }
      swap(old, now);
    });
    const count = $('#tabs .count');
    if (count) document.title = document.title.replace(/^(\(\d+\) )?/, '(' + count.textContent + ') ');
    note(held);
  }

  function swap(old, now) {
    const open = $$('details[open]', old).map((d) => $$('details', old).indexOf(d));
    const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
    old.dataset.was = now.innerHTML;
    old.innerHTML = now.innerHTML;
    open.forEach((i) => { const d = $$('details', old)[i]; if (d) d.open = true; });
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus();
    dress(old);
  }

  function note(held) {
    const have = $('.stale-note');
    if (have) have.hidden = !held;
    if (have || !held) return;
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'btn primary stale-note';
    b.textContent = body.dataset.liveText;
    b.addEventListener('click', () => location.reload());
    $('#main').prepend(b);
  }

  function live() {
    if (!body.dataset.live || !window.EventSource || !$('[data-swap]')) return;
    $$('[data-swap]').forEach((el) => { el.dataset.was = el.innerHTML; });
    let timer = 0, source = null, last = '';
    const changed = (e) => { // the first one only says how it is now
      if (last && last !== e.data) soon();
      last = e.data;
    };
    const soon = () => {
      if (document.hidden || timer) return;
      timer = setTimeout(() => { timer = 0; follow(); }, 1000);
    };
    const listen = () => {
      source = new EventSource(body.dataset.live);
      source.addEventListener('change', changed);
    };
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) { source.close(); return; } // a hidden page holds no connection
      listen();
    });
    const every = Number(($('[data-every]') || { dataset: {} }).dataset.every);
    if (every) setInterval(soon, every * 1000);
    window.addEventListener('pagehide', () => source.close());
    listen();
  }

  // ---- clicks ----

  document.addEventListener('click', (e) => {
    const on = (sel) => e.target.closest(sel);
    const fold = on('[data-fold]');
    if (fold) {
      const d = fold.closest('details');
      d.open = false;
      $('summary', d).focus();
    }
    const opener = on('[data-open][type="button"]');
    if (opener) openDialog(opener.dataset.open);
    const user = on('[data-fill]');
    if (user) {
      $('#username').value = user.dataset.fill;
      $('#password').value = user.dataset.password;
      $('#password').focus();
    }
    if (on('[data-print]')) window.print();
    const row = on('[data-list] tbody tr, [data-list] > li');
    if (row && !on('a, button, input, summary') && !String(window.getSelection())) {
      const a = $('.row-link', row);
      if (a) a.click();
    }
    $$('.menu[open], .why[open]').forEach((d) => { if (!d.contains(e.target)) d.open = false; });
  });

  document.addEventListener('toggle', (e) => {
    const d = e.target;
    if (!d.open || !d.classList.contains('act')) return;
    $$('.act[open]').forEach((other) => { if (other !== d) other.open = false; });
    const first = $('select, textarea, input:not([type="hidden"])', d);
    if (first && d.contains(document.activeElement)) first.focus();
  }, true);

  // ---- start ----

  function dress(root) {
    $$('[data-fold], [data-print], [data-open][type="button"]', root).forEach((b) => { b.hidden = false; });
    $$('[data-pick-page]', root).forEach((b) => { b.hidden = false; });
    $$('textarea', root).forEach((a) => { a.dataset.rows = a.rows; });
    picked();
    $$('form[data-draft]', root).forEach(restoreDraft);
    $$('[data-mask]', root).forEach(mask);
    $$('[data-combo]', root).forEach(combo);
    $$('.file-form', root).forEach(filing);
  }

  const here = $('.nav [aria-current]'), nav = $('.nav');
  if (here) nav.scrollLeft = here.offsetLeft - nav.clientWidth / 2; // the folded navigation shows where one is
  settleDrafts();
  dress(document);
  const auto = $('[autofocus]');
  if (auto && auto.value && auto.setSelectionRange) auto.setSelectionRange(auto.value.length, auto.value.length);
  const alert = $('[data-focus]');
  if (alert) alert.focus();
  live();
})();
