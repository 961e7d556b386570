package exchange

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// The worked example of docs/domain.md §6.6.
const (
	exampleRID    = "11111111-2222-3333-4444-555555555555@js-0001"
	exampleSID    = "s_1132000000000000X0_0001"
	exampleAppKey = "00112233445566778899aabbccddeeff"
	exampleSealed = "20U6Ny1apjE6PGNEqcoft1ZGPp7264pQxlhtJ6iCqi2vxIeMS54/nlyk0N+aRvl4"
	exampleSecret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
)

func TestTheWorkedExampleOfTheProtocolHolds(t *testing.T) {
	p := national{prefix: ProfileNational}
	s := Service{RID: exampleRID, SID: exampleSID, AppKey: exampleAppKey}
	for name, tt := range map[string]struct {
		secret string
		at     int64
		rtime  string
		sign   string
	}{
		"the refresh is signed by the appkey": {exampleAppKey, 1754006400000, "1754006400000", "9+5Nl4aPm+YHSAszyGq9WvzSW9f2qLd9fMUbVxUzuV8="},
		"the call is signed by the secret":    {exampleSecret, 1754006460000, "1754006460000", "Z4QlOMfB1j4v9UCd8X4YtGbinJ5MXiBE0MJ1Hj71qlA="},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{
				"gjgxjhpt_rid": exampleRID, "gjgxjhpt_sid": exampleSID, "gjgxjhpt_rtime": tt.rtime, "gjgxjhpt_sign": tt.sign,
			}
			if got := p.proof(s, tt.secret, time.UnixMilli(tt.at)); !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	if got, err := openSecret(exampleAppKey, exampleSealed); err != nil || got != exampleSecret {
		t.Errorf("opened %q, %v", got, err)
	}
	if got := sealSecret(exampleAppKey, exampleSecret); got != exampleSealed {
		t.Errorf("sealed %q", got)
	}
}

func TestTheKeyIsTheOneOfSHA1PRNG(t *testing.T) {
	// AES-128 of the 16 zero bytes under f0e7270d060804e8815c6152627157db,
	// computed outside of this package.
	block := secretCipher(exampleAppKey)
	var out [16]byte
	block.Encrypt(out[:], out[:])
	if got := base64.StdEncoding.EncodeToString(out[:]); got != "xcQMTEuwiQP+/qMGAsjkBQ==" {
		t.Errorf("got %s", got)
	}
}

func TestASealedSecretMayHaveLineBreaks(t *testing.T) {
	for name, sealed := range map[string]string{
		"unix":     exampleSealed[:20] + "\n" + exampleSealed[20:] + "\n",
		"windows":  exampleSealed[:60] + "\r\n" + exampleSealed[60:],
		"indented": "  " + exampleSealed[:4] + "\t" + exampleSealed[4:],
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := openSecret(exampleAppKey, sealed); err != nil || got != exampleSecret {
				t.Errorf("opened %q, %v", got, err)
			}
		})
	}
}

func TestWhatIsNoSealedSecretIsRefused(t *testing.T) {
	for name, sealed := range map[string]string{
		"not base64":       "%%%",
		"empty":            "",
		"half a block":     base64.StdEncoding.EncodeToString(make([]byte, 24)),
		"another appkey":   sealSecret("ffeeddccbbaa99887766554433221100", exampleSecret),
		"an empty secret":  sealSecret(exampleAppKey, ""),
		"a secret of junk": sealSecret(exampleAppKey, "\xff\xfe\xfd"),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := openSecret(exampleAppKey, sealed); err == nil {
				t.Errorf("opened %q", got)
			}
		})
	}
}

func TestJiangsuHasTheSameAlgorithmUnderItsOwnPrefixAndIsUnconfirmed(t *testing.T) {
	p, err := ProfileByName("jsjhpt")
	if err != nil || !p.Unconfirmed {
		t.Fatalf("%+v, %v", p, err)
	}
	names := slices.Sorted(maps.Keys(p.dialect.request(call{}).header))
	if got := strings.Join(names, " "); got != "jsjhpt_rid jsjhpt_rtime jsjhpt_sid jsjhpt_sign" {
		t.Errorf("fields %s", got)
	}
	if _, err = ProfileByName("gdjhpt"); err == nil || !strings.Contains(err.Error(), `"gdjhpt"`) {
		t.Errorf("an unknown profile: %v", err)
	}
}

func TestCitizensNumbersAreChecked(t *testing.T) {
	for id, want := range map[string]bool{
		"32990019900101001X":  true,
		"32990019900101001x":  true,
		"329900200002290020":  true, // 29 February of a leap year
		"329900194912310037":  true,
		"32990019850615003X":  true,
		"329900199001010010":  false, // wrong check character
		"329900190002290020":  false, // 1900 was no leap year
		"329900199013010015":  false, // month 13
		"3299001990010100":    false,
		"32990019900101001XX": false,
		"32990019900101Q01X":  false,
		"":                    false,
	} {
		if ValidID(id) != want {
			t.Errorf("%s: valid is %v", id, !want)
		}
	}
}

func TestCreditCodesAreChecked(t *testing.T) {
	for code, want := range map[string]bool{
		"91329900MA0000015H": true,
		"11329900014320013J": true,
		"123299004660000290": true,
		"52329900MJ00000342": true,
		"91329900MA00000150": false, // wrong check character
		"91329900MA00000I5H": false, // no I in the alphabet
		"9132990XMA0000015H": false, // no letters in the area
		"91329900MA0000015":  false,
		"":                   false,
	} {
		if ValidUSCC(code) != want {
			t.Errorf("%s: valid is %v", code, !want)
		}
	}
}
