"""Public keys as people write them: 60 letters, the last four a checksum.

Four little-endian 64-bit words become 14 letters each, least significant first, then four more spell 18 bits of
KangarooTwelve. 26^14 exceeds 2^64, so other letters can stand for the same key: only the canonical spelling is taken.
"""

from typing import Final

from qubix.qubic.errors import InvalidIdentity
from qubix.qubic.hashing import k12

PUBLIC_KEY_BYTES: Final = 32
IDENTITY_LETTERS: Final = 60

_WORD_BYTES: Final = 8
_WORD_LETTERS: Final = 14
_WORDS: Final = 4
_CHECKSUM_LETTERS: Final = 4
_CHECKSUM_BYTES: Final = 3
_CHECKSUM_MASK: Final = 0x3FFFF
_KEY_LETTERS: Final = _WORDS * _WORD_LETTERS
_WORD_LIMIT: Final = 1 << (8 * _WORD_BYTES)


def encode(public_key: bytes) -> str:
    """The identity of a public key: 60 capital letters.

    Raises:
        InvalidIdentity: the key is not 32 bytes long.
    """
    return _spell(public_key, first="A")


def encode_lower(digest: bytes) -> str:
    """The same spelling in small letters, which is how the chain writes the id of a transaction."""
    return _spell(digest, first="a")


def decode(identity: str) -> bytes:
    """The public key behind an identity.

    Raises:
        InvalidIdentity: wrong length, other letters than A to Z, a wrong checksum, or not the canonical spelling.
    """
    if len(identity) != IDENTITY_LETTERS:
        raise InvalidIdentity.because(f"it has {len(identity)} characters, not {IDENTITY_LETTERS}")
    if not all("A" <= letter <= "Z" for letter in identity):
        raise InvalidIdentity.because("it has other characters than the capitals A to Z")
    words = [
        _read(identity[start : start + _WORD_LETTERS], first="A") for start in range(0, _KEY_LETTERS, _WORD_LETTERS)
    ]
    public_key = b"".join((word % _WORD_LIMIT).to_bytes(_WORD_BYTES, "little") for word in words)
    if _read(identity[_KEY_LETTERS:], first="A") != _checksum(public_key):
        raise InvalidIdentity.because("its checksum does not fit: a letter is wrong")
    if any(word >= _WORD_LIMIT for word in words):
        raise InvalidIdentity.because("it is not the canonical spelling of its key")
    return public_key


def decode_wallet(identity: str) -> bytes:
    """The public key of an identity that a person can hold.

    Raises:
        InvalidIdentity: no identity, or the null address or a contract's address, which nobody has the key of.
    """
    public_key = decode(identity)
    if not is_wallet(public_key):
        what = "the address of a contract" if any(public_key) else "the null address"
        raise InvalidIdentity(
            asked=InvalidIdentity.reading,
            obstacle=f"it is {what}, which nobody holds the key of",
            remedy="Give the identity of a wallet: what is sent to this one is gone.",
        )
    return public_key


def is_wallet(public_key: bytes) -> bool:
    """Whether somebody can hold the key of an address: contracts are numbered in the first word alone, null is 0."""
    return any(public_key[_WORD_BYTES:])


def _spell(value: bytes, *, first: str) -> str:
    if len(value) != PUBLIC_KEY_BYTES:
        raise InvalidIdentity.because(f"its key has {len(value)} bytes, not {PUBLIC_KEY_BYTES}")
    words = [int.from_bytes(value[at : at + _WORD_BYTES], "little") for at in range(0, len(value), _WORD_BYTES)]
    spelled = [_write(word, letters=_WORD_LETTERS, first=first) for word in words]
    return "".join(spelled) + _write(_checksum(value), letters=_CHECKSUM_LETTERS, first=first)


def _checksum(value: bytes) -> int:
    return int.from_bytes(k12(value, _CHECKSUM_BYTES), "little") & _CHECKSUM_MASK


def _write(number: int, *, letters: int, first: str) -> str:
    base = ord(first)
    spelled = []
    for _ in range(letters):
        number, letter = divmod(number, 26)
        spelled.append(chr(base + letter))
    return "".join(spelled)


def _read(spelled: str, *, first: str) -> int:
    base = ord(first)
    number = 0
    for letter in reversed(spelled):
        number = number * 26 + ord(letter) - base
    return number
