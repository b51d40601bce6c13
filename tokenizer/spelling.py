"""How tokenizer files spell bytes: as visible characters (GPT-2, Radford et al. 2019)."""

ALPHABET = bytes([*range(33, 127), *range(161, 173), *range(174, 256)])
ALPHABET += bytes(sorted({*range(256)} - {*ALPHABET}))
"""The bytes in the order of their ids: GPT-2's, printable ones of Latin-1 first."""

_CHARS = {byte: chr(byte) for byte in ALPHABET[:188]}
_CHARS |= {byte: chr(256 + n) for n, byte in enumerate(ALPHABET[188:])}
_BYTES = {char: byte for byte, char in _CHARS.items()}


def spell(token: bytes) -> str:
    """A token as `tokenizers` writes it: a visible character a byte."""
    return "".join(map(_CHARS.__getitem__, token))


def read(spelt: str) -> bytes:
    """The bytes that are spelt.

    Raises:
        KeyError: A character spells none.
    """
    return bytes(map(_BYTES.__getitem__, spelt))


def is_spelling(token: str) -> bool:
    """Whether a file could have some bytes' token by that name."""
    return all(char in _BYTES for char in token)
