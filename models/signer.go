package models

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
)

// signer signs receipts with SM2 (GB/T 32918).
type signer struct {
	id      string // of its public key, see [Fingerprint]
	private *sm2.PrivateKey
	public  ReceiptKey
}

func (k Keys) signers() ([]*signer, error) {
	var list []*signer
	for _, key := range k.of(SigningKeys) {
		b, err := k.material(key)
		if err != nil {
			return nil, err
		}
		s, err := signerOf(b)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// signerOf derives a private key: 40 bytes reduced to [1, n-2], so that the bias
// is negligible (GB/T 32918.1, FIPS 186-5 A.2.1).
func signerOf(seed []byte) (*signer, error) {
	d := new(big.Int).SetBytes(seed)
	d.Mod(d, new(big.Int).Sub(sm2.P256().Params().N, big.NewInt(2)))
	d.Add(d, big.NewInt(1))
	private, err := sm2.NewPrivateKeyFromInt(d)
	if err != nil {
		return nil, err
	}
	public, err := receiptKeyOf(&private.PublicKey)
	if err != nil {
		return nil, err
	}
	return &signer{id: public.Fingerprint(), private: private, public: public}, nil
}

func (s *signer) sign(text []byte) (string, error) {
	sig, err := sm2.SignASN1(rand.Reader, s.private, text, sm2.DefaultSM2SignerOpts)
	return hex.EncodeToString(sig), err
}

// PublicKeys returns the public keys of the signing keys of the ring, the oldest
// first, without a database. Those of keys that left the ring are on record in
// the database, see [Store.ReceiptKeys].
func (k Keys) PublicKeys() (ReceiptKeys, error) {
	list, err := k.signers()
	keys := make(ReceiptKeys, len(list))
	for i, s := range list {
		keys[i] = s.public
	}
	return keys, err
}
