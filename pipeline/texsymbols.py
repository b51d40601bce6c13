"""Characters of formulas to TeX: its commands for them, and letters in mathematical alphabets.

Source: the symbol tables of LaTeX and AMS, and the names of Unicode.
"""

import re
import unicodedata
from collections.abc import Iterable

_COMMANDS = dict(
    pair.split()
    for pair in """
    α alpha|β beta|γ gamma|δ delta|ϵ epsilon|ε varepsilon|ζ zeta|η eta|θ theta|ϑ vartheta|ι iota
    κ kappa|λ lambda|μ mu|ν nu|ξ xi|π pi|ϖ varpi|ρ rho|ϱ varrho|σ sigma|ς varsigma|τ tau|υ upsilon
    ϕ phi|φ varphi|χ chi|ψ psi|ω omega|Γ Gamma|Δ Delta|Θ Theta|Λ Lambda|Ξ Xi|Π Pi|Σ Sigma
    Υ Upsilon|Φ Phi|Ψ Psi|Ω Omega|∂ partial|∇ nabla|∞ infty|ℓ ell|ℏ hbar|ℑ Im|ℜ Re|℘ wp|ℵ aleph
    ∑ sum|∏ prod|∐ coprod|∫ int|∬ iint|∭ iiint|∮ oint|⋃ bigcup|⋂ bigcap|⨁ bigoplus|⨂ bigotimes
    ⋁ bigvee|⋀ bigwedge|± pm|∓ mp|× times|÷ div|⋅ cdot|· cdot|∗ ast|⋆ star|∘ circ|∙ bullet|⊕ oplus
    ⊖ ominus|⊗ otimes|⊙ odot|∧ wedge|∨ vee|∩ cap|∪ cup|⊔ sqcup|⊓ sqcap|∖ setminus|† dagger|‡ ddagger
    ≤ leq|≥ geq|≠ neq|≈ approx|≃ simeq|≅ cong|≡ equiv|∼ sim|∝ propto|≪ ll|≫ gg|≺ prec|≻ succ
    ⪯ preceq|⪰ succeq|⩽ leqslant|⩾ geqslant|∈ in|∉ notin|∋ ni|⊂ subset|⊃ supset|⊆ subseteq
    ⊇ supseteq|⊊ subsetneq|⊥ perp|⊢ vdash|⊨ models|≍ asymp|≐ doteq
    ∀ forall|∃ exists|∄ nexists|¬ neg|∅ emptyset|⊤ top|∠ angle|△ triangle|□ square|◇ diamond
    → to|← leftarrow|↔ leftrightarrow|⇒ Rightarrow|⇐ Leftarrow|⇔ Leftrightarrow|⟶ longrightarrow
    ⟵ longleftarrow|⟹ Longrightarrow|⟸ Longleftarrow|⟺ iff|↦ mapsto|⟼ longmapsto|↑ uparrow
    ↓ downarrow|⇀ rightharpoonup|⇌ rightleftharpoons|↪ hookrightarrow|↠ twoheadrightarrow
    … dots|⋯ cdots|⋮ vdots|⋱ ddots|⟨ langle|⟩ rangle|〈 langle|〉 rangle|⌊ lfloor|⌋ rfloor|⌈ lceil
    ⌉ rceil|‖ Vert|{ {|} }|% %|# #|& &|$ $|_ _|\\ backslash|′ prime|″ prime\\prime|° circ
    """.replace("\n", "|").split("|")
    if pair.strip()
)
_COMMANDS["∥"] = "|"
_NOT = "\u0338"
# What Unicode calls the same styles, in the names of mathematical alphanumeric symbols.
_STYLE_WORDS = (
    ("DOUBLE-STRUCK", "mathbb"),
    ("BLACK-LETTER", "mathfrak"),
    ("FRAKTUR", "mathfrak"),
    ("SCRIPT", "mathcal"),
    ("MONOSPACE", "mathtt"),
    ("SANS-SERIF", "mathsf"),
    ("BOLD ITALIC", "boldsymbol"),
    ("BOLD", "mathbf"),
    ("ITALIC", ""),
)
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+\Z")


def symbols(text: str) -> str:
    """The text as TeX in math mode; a character without a command stands for itself."""
    return join(_symbol(character) for character in text)


def _symbol(character: str) -> str:
    if command := _COMMANDS.get(character):
        return f"\\{command}"
    if character.isascii():
        return character
    if (parts := unicodedata.normalize("NFD", character)).endswith(_NOT):
        return f"\\not{symbols(parts[:-1])}"
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and len(plain) == 1:
        name = unicodedata.name(character, "")
        for word, style in _STYLE_WORDS:
            if word in name:
                return f"\\{style}{{{_symbol(plain)}}}" if style else _symbol(plain)
    return character


def join(parts: Iterable[str]) -> str:
    """The parts side by side, with a space where a command would swallow the next letter."""
    joined: list[str] = []
    for part in parts:
        if not part:
            continue
        if joined and part[0].isalpha() and _ENDS_IN_COMMAND.search(joined[-1][-40:]):
            joined.append(" ")
        joined.append(part)
    return "".join(joined)
