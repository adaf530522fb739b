"""About how wide a formula will be once it is set: what the page keeps free for it until then.

The widths of the signs are those of the Computer Modern fonts, in em of the text around them (of the size that MathJax
chooses beside the text face), to about a twentieth; the space beside operators and relations is TeX's.
"""

from __future__ import annotations

import re

SIGNS = {
    0.00: r"\left \right \limits \hat \bar \tilde \widehat \mathbf \mathbb \mathcal \boldsymbol \bigl \bigr ~",
    0.18: r"\, \: \;",
    0.30: r". [ ] | ' l \vert \lvert \rvert",
    0.40: r"( ) t i j \ell",
    0.48: r", r c q b \delta ; \quad",
    0.52: r"e g o s v y z \theta \varepsilon \eta \lVert \rVert \zeta \rho",
    0.55: r"0 1 2 3 4 5 6 7 8 9 / I a d k p \{ \} \tau ! \infty",
    0.61: r"f h n u x \alpha \beta \gamma \kappa \lambda \mu \phi \pi \sigma \partial \prime J P",
    0.69: r"S \omega \psi L \Gamma",
    0.78: r"A B C E O R T V X Y Z w \cdot \mid",
    0.84: r"Q U \top \perp",
    0.93: r"D K N m G H F \Delta \nabla \Sigma \ln \Phi",
    1.13: r"M W * \log \exp \Pr",
    1.33: r"+ - \times \pm \otimes \odot \cup \cap \circ \mp",
    1.49: r"= < > : \le \leq \ge \geq \approx \in \sim \ll \gg \propto \neq \equiv \notin \lesssim \sum \prod",
    1.66: r"\to \leftarrow \rightarrow \mapsto \dots \det \ldots \cdots",
    2.14: r"\min \max \sup \inf \arg",
}
WIDTH = {sign: width for width, signs in SIGNS.items() for sign in signs.split()}
USUAL = 0.57  # of a sign that is not in the table
LETTER, ROOT, SMALL, KERN = (
    0.5,
    0.75,
    0.7,
    0.07,
)  # letters of words, the sign of a root, scripts and what they stand off
TOKEN = re.compile(r"\\(?:text|mathrm|textit|operatorname)\{[^{}]*\}|\\[a-zA-Z]+|\\.|\S")


def width_of(formula: str) -> float:
    r"""Return about how wide the TeX of an inline formula will be, in em of the text around it."""
    return _of_group(TOKEN.findall(re.sub(r"\\[()]", "", formula))[::-1])


def _of_group(tokens: list[str]) -> float:
    """Return the width of what comes up to the end of the group; tokens are taken from the end of the list."""
    width = 0.0
    while tokens and tokens[-1] != "}":
        scripts = []
        while tokens and tokens[-1] in "_^":  # above and below each other: the wider one counts
            tokens.pop()
            scripts.append(_of_atom(tokens))
        width += SMALL * max(scripts) + KERN if scripts else _of_atom(tokens)
    if tokens:
        tokens.pop()
    return width


def _of_atom(tokens: list[str]) -> float:
    sign = tokens.pop() if tokens else ""
    if sign == "{":
        return _of_group(tokens)
    if sign in (r"\frac", r"\tfrac", r"\dfrac"):
        return SMALL * max(_of_atom(tokens), _of_atom(tokens)) + 2 * KERN
    if sign == r"\sqrt":
        return ROOT + _of_atom(tokens)
    if "{" in sign and sign.endswith("}"):
        return LETTER * len(sign[sign.index("{") + 1 : -1])
    return WIDTH.get(sign, USUAL)
