package exchange

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform derives its key by SHA1PRNG; nothing of ours is protected by it
	"encoding/base64"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errBase64  = errors.New("the sealed secret is not base64")
	errBlocks  = errors.New("the sealed secret is not whole AES blocks")
	errPadding = errors.New("the sealed secret does not open with this appkey")
)

// secretCipher returns the AES-128 cipher whose key is what Java's
// KeyGenerator("AES", 128) makes of SecureRandom("SHA1PRNG") seeded with the
// appkey: the first 16 bytes of SHA1(SHA1(appkey)) (docs/domain.md §6.3).
func secretCipher(appkey string) cipher.Block {
	first := sha1.Sum([]byte(appkey)) //nolint:gosec // given by the protocol, see the import
	second := sha1.Sum(first[:])      //nolint:gosec // given by the protocol, see the import
	block, err := aes.NewCipher(second[:aes.BlockSize])
	if err != nil {
		panic(err) // 16 bytes are always a key
	}
	return block
}

// openSecret opens the secret of the day: base64, which old encoders break into
// lines, around AES-128-ECB with PKCS #7 padding. ECB is what the platform uses;
// the standard library leaves it out, so the blocks are walked here.
func openSecret(appkey, sealed string) (string, error) {
	sealed = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, sealed)
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", errBase64
	}
	if len(text) == 0 || len(text)%aes.BlockSize != 0 {
		return "", errBlocks
	}
	block := secretCipher(appkey)
	for b := text; len(b) > 0; b = b[aes.BlockSize:] {
		block.Decrypt(b[:aes.BlockSize], b[:aes.BlockSize])
	}
	pad := int(text[len(text)-1])
	if pad == 0 || pad > aes.BlockSize {
		return "", errPadding
	}
	secret, padding := text[:len(text)-pad], text[len(text)-pad:]
	if !bytes.Equal(padding, bytes.Repeat([]byte{byte(pad)}, pad)) || len(secret) == 0 || !utf8.Valid(secret) {
		return "", errPadding
	}
	return string(secret), nil
}

// sealSecret is the platform's side of openSecret.
func sealSecret(appkey, secret string) string {
	pad := aes.BlockSize - len(secret)%aes.BlockSize
	text := append([]byte(secret), bytes.Repeat([]byte{byte(pad)}, pad)...)
	block := secretCipher(appkey)
	for b := text; len(b) > 0; b = b[aes.BlockSize:] {
		block.Encrypt(b[:aes.BlockSize], b[:aes.BlockSize])
	}
	return base64.StdEncoding.EncodeToString(text)
}
