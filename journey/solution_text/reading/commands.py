"""What LaTeX commands mean to the reader of formulas."""

from __future__ import annotations

from journey.solution_text.reading.calls import CALLS
from journey.solution_text.reading.words import word_set

COMMANDS = {
    **dict.fromkeys(["\\times", "\\cdot"], ("op", "*")),
    **dict.fromkeys(["\\div"], ("op", "/")),
    **dict.fromkeys(["\\approx", "\\doteq"], ("relation", "≈")),
    **dict.fromkeys(["\\sqrt", "\\frac", "\\binom", "\\column"], ("call", "")),
    **dict.fromkeys(CALLS, ("call", "")),
    **dict.fromkeys(["\\cdots", "\\dots", "\\ldots", "\\dotsb", "\\dotsm"], ("dots", "...")),
    "\\endless": ("symbol", ""),
    "\\cross": ("op", "×"),
    **dict.fromkeys(word_set(r"\sin \cos \tan \cot \sec \csc \log \ln \gcd \lcm \logb"), ("call", "")),
    **dict.fromkeys(word_set(r"\lfloor \lceil"), ("open", "")),
    **dict.fromkeys(word_set(r"\rfloor \rceil"), ("close", "")),
    **dict.fromkeys(["\\lvert", "\\rvert", "\\vert"], ("bar", "|")),
    **dict.fromkeys(["\\pmod", "\\bmod", "\\mod", "\\pod"], ("modulus", "")),
    "\\pm": ("op", "±"),
    "\\mp": ("op", "∓"),
    "\\equiv": ("relation", "≡"),
    **dict.fromkeys(["\\ne", "\\neq"], ("order", "≠")),
    **dict.fromkeys(["\\lt"], ("order", "<")),
    **dict.fromkeys(["\\gt"], ("order", ">")),
    **dict.fromkeys(["\\le", "\\leq", "\\leqslant"], ("order", "≤")),
    **dict.fromkeys(["\\ge", "\\geq", "\\geqslant"], ("order", "≥")),
    **dict.fromkeys(["\\$"], ("money", "$")),
    **dict.fromkeys(["\\%"], ("percent", "%")),
    **dict.fromkeys(["\\{"], ("stop", "{")),
    **dict.fromkeys(["\\}"], ("stop", "}")),
    **dict.fromkeys(
        word_set(
            r"\Rightarrow \implies \to "
            r"\rightarrow \Longrightarrow \Leftrightarrow \iff \Longleftrightarrow \longrightarrow \sim "
            r"\cong \in \ll \gg \mid \mapsto \leftrightarrow \therefore \hspace \colon \nonumber"
        ),
        ("stop", ";"),
    ),
    **dict.fromkeys(
        word_set(
            r"\alpha \beta \gamma \theta \lambda \mu \omega \phi \pi \rho \sigma \tau \varphi \epsilon "
            r"\delta \zeta \eta \kappa \nu \psi \chi \xi \Delta \Omega \Phi \Psi \Theta \ell"
        ),
        ("symbol", ""),
    ),
}
IGNORED = word_set(
    r"\left \right \big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \displaystyle \boxed \fbox "
    r"\mathbf \cancel \, \; \! \: \ \/ \textstyle \limits \bold \notag"
) | {"\\ "}
