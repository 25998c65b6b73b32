"""A transaction of the chain, byte for byte as the node reads it.

`source 32 | destination 32 | amount i64 | tick u32 | input type u16 | input size u16 | payload ≤ 1024 | signature 64`,
all little-endian. The signature covers everything before it. The id covers the signature too, so a payment is known by
its digest, never by its id.
"""

import struct
from dataclasses import dataclass, replace
from typing import Final

from qubix.qubic import identity, schnorrq
from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.hashing import k12

MAX_AMOUNT: Final = 10**15
MAX_PAYLOAD_BYTES: Final = 1024
MAX_TICK: Final = 2**32 - 1

_HEADER: Final = struct.Struct("<32s32sqIHH")
_MAX_INPUT_TYPE: Final = 2**16 - 1


@dataclass(frozen=True)
class Transaction:
    """A transfer of `amount` QU from one public key to another in one tick, or never.

    Args:
        source: public key of the payer, 32 bytes.
        destination: public key of the payee or contract, 32 bytes.
        amount: whole QU, 0 to 10¹⁵.
        tick: the only tick in which it can be executed.
        input_type: 0 for a plain transfer, else the procedure of a contract.
        payload: input of the procedure, at most 1,024 bytes.
        signature: 64 bytes, or none yet.

    Raises:
        InvalidTransaction: a field is out of its bounds.
    """

    source: bytes
    destination: bytes
    amount: int
    tick: int
    input_type: int = 0
    payload: bytes = b""
    signature: bytes = b""

    def __post_init__(self) -> None:
        for name, key in (("source", self.source), ("destination", self.destination)):
            if len(key) != identity.PUBLIC_KEY_BYTES:
                raise InvalidTransaction.because(f"its {name} has {len(key)} bytes, not {identity.PUBLIC_KEY_BYTES}")
        for name, value, most in (
            ("amount", self.amount, MAX_AMOUNT),
            ("tick", self.tick, MAX_TICK),
            ("input type", self.input_type, _MAX_INPUT_TYPE),
            ("payload's size", len(self.payload), MAX_PAYLOAD_BYTES),
        ):
            if not 0 <= value <= most:
                raise InvalidTransaction.because(f"its {name} is {value}, which is not between 0 and {most}")
        if len(self.signature) not in (0, schnorrq.SIGNATURE_BYTES):
            raise InvalidTransaction.because(f"its signature has {len(self.signature)} bytes")

    def unsigned_bytes(self) -> bytes:
        """Everything that the signature covers."""
        header = _HEADER.pack(self.source, self.destination, self.amount, self.tick, self.input_type, len(self.payload))
        return header + self.payload

    def digest(self) -> bytes:
        """What is signed. It stays the same whatever the signature, so a payment is told apart by it."""
        return k12(self.unsigned_bytes())

    def signed(self, *, subseed: bytes) -> "Transaction":
        """The same transaction with its signature. Whether the subseed is the source's is for `is_signed` to say."""
        return replace(self, signature=schnorrq.sign(subseed=subseed, digest=self.digest()))

    def is_signed(self) -> bool:
        """Whether the source signed exactly this."""
        return schnorrq.verify(public_key=self.source, digest=self.digest(), signature=self.signature)

    def encode(self) -> bytes:
        """The bytes that a node takes.

        Raises:
            InvalidTransaction: it is not signed yet.
        """
        if not self.signature:
            raise InvalidTransaction.because("it is not signed")
        return self.unsigned_bytes() + self.signature

    def id(self) -> str:
        """The id of the signed transaction, 60 small letters.

        Raises:
            InvalidTransaction: it is not signed yet.
        """
        return identity.encode_lower(k12(self.encode()))

    @classmethod
    def decode(cls, encoded: bytes) -> "Transaction":
        """The transaction of a signed one's bytes; the signature is read, not checked.

        Raises:
            InvalidTransaction: these are not the bytes of one, with nothing missing and nothing over.
        """
        body, signature = encoded[: -schnorrq.SIGNATURE_BYTES], encoded[-schnorrq.SIGNATURE_BYTES :]
        return replace(cls.decode_unsigned(body), signature=signature)

    @classmethod
    def decode_unsigned(cls, encoded: bytes) -> "Transaction":
        """The transaction of `unsigned_bytes()`.

        Raises:
            InvalidTransaction: these are not the bytes of one, with nothing missing and nothing over.
        """
        if len(encoded) < _HEADER.size:
            raise InvalidTransaction.because(f"its {len(encoded)} bytes are fewer than a header's {_HEADER.size}")
        source, destination, amount, tick, input_type, size = _HEADER.unpack_from(encoded)
        payload = encoded[_HEADER.size :]
        if len(payload) != size:
            raise InvalidTransaction.because(f"its payload has {len(payload)} bytes where its header says {size}")
        return cls(
            source=source,
            destination=destination,
            amount=amount,
            tick=tick,
            input_type=input_type,
            payload=payload,
        )
