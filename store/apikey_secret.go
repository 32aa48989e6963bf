package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/crmcp/crmcp/schema"
)

// An API key reads crm_IIIIIIII_SSS…SCCCCCC: its id, its secret and a checksum
// over both, which tells a slip of the pen from a wrong key and lets programs
// that look for leaked secrets know one. Only its hash is kept.
const (
	keyMark       = "crm_"
	keyIDSize     = 8
	keySecretSize = 43
	keySumSize    = 6
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newKey makes the id and the whole text of a key.
func newKey() (id, key string, err error) {
	if id, err = randomText(keyIDSize); err != nil {
		return "", "", err
	}
	secret, err := randomText(keySecretSize)
	body := keyMark + id + "_" + secret
	return id, body + keySum(body), err
}

// randomText is text of base62 digits that nobody can guess.
func randomText(size int) (string, error) {
	digits := make([]byte, size)
	for i := range digits {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(base62))))
		if err != nil {
			return "", err
		}
		digits[i] = base62[n.Int64()]
	}
	return string(digits), nil
}

func keySum(body string) string {
	n := crc32.ChecksumIEEE([]byte(body))
	digits := make([]byte, keySumSize)
	for i := range digits {
		digits[keySumSize-1-i] = base62[n%62]
		n /= 62
	}
	return string(digits)
}

// keyID reads the id off a key. The error says that the text is none, and
// never shows it.
func keyID(key string) (string, error) {
	body := len(keyMark) + keyIDSize + 1 + keySecretSize
	whole := len(key) == body+keySumSize && strings.HasPrefix(key, keyMark) && key[len(keyMark)+keyIDSize] == '_'
	if !whole || keySum(key[:body]) != key[body:] {
		return "", schema.Errorf(schema.Unauthorized, "this is no API key: one begins with %s and was shown when it was made; see that all of it was copied", keyMark)
	}
	return key[len(keyMark) : len(keyMark)+keyIDSize], nil
}

// keyHash is what is kept of a key. Keys are random, so that a plain hash
// cannot be turned back.
func keyHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
