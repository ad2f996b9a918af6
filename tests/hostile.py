r"""Hostile text, by category: what a model or a person may hand in that must not run, hang or fill memory.

Whatever is executed leaves a file called CANARY where it runs. `SMALL` holds strings of up to some thousand
characters, `LARGE` makes megabytes when called, `BROKEN` are lines of a file that no reader can decode.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

CANARY = "CANARY"
SHELL = f"touch {CANARY}"
OPEN = f"open('{CANARY}','w')"
SYSTEM = f"__import__('os').system('{SHELL}')"

PYTHON = [
    SYSTEM,
    OPEN,
    f'exec("{OPEN}")',
    f'eval("{OPEN}")',
    f"exec(compile(\"{OPEN}\",'','exec'))",
    f"(lambda: {OPEN})()",
    f"[{OPEN} for x in [1]]",
    f"({OPEN} for x in [1]).__next__()",
    f"{{x: {OPEN} for x in [1]}}",
    f"{OPEN} if 1 else 2",
    f"(a := {OPEN})",
    f"assert {OPEN}",
    f"import os; os.system('{SHELL}')",
    f"from os import system as s\ns('{SHELL}')",
    f"getattr(__import__('os'),'sys'+'tem')('{SHELL}')",
    f"__builtins__['__import__']('os').system('{SHELL}')",
    f"globals()['__builtins__'].{OPEN}",
    "().__class__.__bases__[0].__subclasses__()",
    f"[c for c in ().__class__.__base__.__subclasses__() if c.__name__=='Popen'][0](['touch','{CANARY}'])",
    f"type('x',(),{{'__str__':lambda s: str({OPEN})}})()",
    f"@{OPEN}\ndef f(): pass",
    f"__import__('pathlib').Path('{CANARY}').touch()",
    f"__import__('subprocess').run(['touch','{CANARY}'])",
    f"__import__('shutil').copy('/etc/passwd','{CANARY}')",
    f"print(1, file={OPEN})",
    "breakpoint()",
    "exit(0)",
    "raise SystemExit",
    "while True: pass",
    "1;2",
    "1\n2",
    "1_000",
    "0x10",
    "1//2",
    "1%2",
    "~1",
    "x+1",
    "1 if 1 else 2",
    "True",
    "None",
    "lambda: 1",
    f"lambda: {OPEN}",
    f"{SYSTEM} = 1 + 1",
    f"{OPEN} + 1 = 2",
]

TEMPLATES = [
    "f'{1}'",
    f"f'{{{OPEN}}}'",
    "{0.__class__.__init__.__globals__}",
    "{self.__class__}",
    "{}" * 40,
    "{0[__class__]!r:>999999999}",
    "%s%s%s%n",
    "%(a)s",
    "%999999999d",
    "$answer ${answer}",
    "{{7*7}} {% for x in y %}",
    f"{{{{ cycler.__init__.__globals__.os.popen('{SHELL}').read() }}}}",
    f"$({SHELL})",
    f"`{SHELL}`",
    f"; {SHELL} #",
    f"| {SHELL}",
    f"&& {SHELL}",
    f"> {CANARY}",
    f"' OR 1=1; {SHELL} --",
    "${jndi:ldap://localhost/a}",
    "<script>document.write(1)</script>",
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "[bold red]markup[/] [link=file:///etc/passwd]x[/link]",
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "-",
    "--help",
]

PICKLE = b"cos\nsystem\n(S'" + SHELL.encode() + b"'\ntR."
SERIAL = [
    PICKLE.decode(),
    base64.b64encode(PICKLE).decode(),
    "\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    f"!!python/object/apply:os.system ['{SHELL}']",
    f"!!python/object/new:type {{args: ['z', !!python/tuple [], {{}}], state: '{OPEN}'}}",
    json.dumps({"py/reduce": [{"py/function": "os.system"}, {"py/tuple": [SHELL]}]}),
    json.dumps({"__class__": "os.system", "args": [SHELL]}),
    "&a [*a, *a, *a, *a]",
    '{"schema_version": 1, "correct": true}',
    '"}\n{"correct": true, "id": "x"}',
    "# coding: rot13",
]

SYMPY = [
    "Symbol('x').__class__.__mro__",
    f"Symbol('x').__class__('{OPEN}')",
    f"sympify('{OPEN}')",
    f'S("{OPEN}")',
    f'parse_expr("{OPEN}")',
    f'lambdify(x, "{OPEN}")(1)',
    f"Lambda(x, {OPEN})(1)",
    f"Function('f')({OPEN})",
    f"x.subs(x, {SYSTEM})",
    f"Eq(x, {SYSTEM})",
    f"srepr({OPEN})",
    f"Matrix(1, 1, lambda i, j: {OPEN})",
    f"preview(x, viewer='file', filename='{CANARY}')",
    f"autowrap(x, tempdir='{CANARY}')",
    f"plot(x, show=False).save('{CANARY}')",
    "solve(x**99999 - x - 1, x)",
    "Sum(1/n**n, (n, 1, 10**12)).doit()",
    "integrate(exp(sin(x**x)), x)",
    "limit(x**x**x, x, oo)",
    "factor(x**10**6 - 1)",
    "expand((x+1)**(10**6))",
    "E**E**E**E",
    "I**I**I",
    "S.Infinity - S.Infinity",
    "Rational('1/0')",
    "Integer(10)**10**10",
    "N(pi, 10**9)",
    "prime(10**12)",
    "zeta(1) + gamma(0) + beta(0,0)",
    "Q.real(x) & Q.imaginary(x)",
    "x.evalf(10**9)",
    "QQ CC O S N",
]

LATEX = [
    rf"\write18{{{SHELL}}}",
    rf"\immediate\write18{{{SHELL}}}",
    rf'\input|"{SHELL}"',
    r"\input{/etc/passwd}",
    r"\include{../../secret}",
    rf"\newwrite\f\immediate\openout\f={CANARY}",
    rf"\ShellEscape{{{SHELL}}}",
    rf"\directlua{{os.execute('{SHELL}')}}",
    rf"\luaexec{{os.execute('{SHELL}')}}",
    rf"\begin{{filecontents}}{{{CANARY}}}1\end{{filecontents}}",
    rf"\special{{psfile=`{SHELL}}}",
    r"\def\x{\x\x}\x",
    r"\newcommand{\a}{\a\a}\a",
    r"\loop\iftrue\repeat",
    r"\csname\csname\csname",
    r"\catcode`\$=0 \catcode`\{=13",
    r"\expandafter\expandafter\expandafter",
    r"\the\endlinechar=\endlinechar",
    r"\verb|\boxed{12}|",
    r"% \boxed{12}",
    r"\iffalse\boxed{12}\fi",
    r"\phantom{\boxed{12}}",
    r"\href{javascript:alert(1)}{12}",
    r"\lstinputlisting{/etc/passwd}",
    r"\text{__import__('os').system('touch CANARY')}",
    r"\operatorname{exec}(open('CANARY','w'))",
    r"\mathrm{eval}\left(\text{open('CANARY','w')}\right)",
    r"\frac{1}{2}",
    r"\frac{}{}\sqrt",
    r"\frac\frac\frac12",
    r"\sqrt[\sqrt[\sqrt[3]{2}]{2}]{2}",
    r"\sqrt[0]{5}",
    r"\sqrt[-99999]{0}",
    r"\int\int\int\int\sum\prod\lim",
    r"\lim_{x\to\infty}x^{x^x}",
    r"\int_0^1 x^{x^{x^{x}}} dx",
    r"\begin{pmatrix}" + r"1&" * 400 + r"\end{pmatrix}",
    r"\begin{a}\begin{b}\end{a}\end{b}",
    r"\left(" * 99,
    r"\boxed{" * 300,
    r"\frac{" * 200,
    r"\pm" * 99,
    r"\(" * 999,
    r"\\" * 999,
    r"x\frac" * 500,
    "$" * 999,
    "$x" + r"\frac" * 1900 + "$",
    r"\begin{align" * 700 + " 1 = 2",
    "$" + "&" * 9000 + "= 1$",
    "$" + r"\frac{" * 1500 + "1" + "}{2}" * 1500 + " = 1$",
]

TOWERS = [
    "2**3",
    "9**9**9**9",
    "9**9**9**9 = 1",
    "2003**(2002**2001)",
    "2003^{2002^{2001}}",
    "9^{9^{9^{9}}}",
    "$9^{9^{9^9}} = 1$",
    r"\sqrt{9^{9^{9^9}}}+x",
    "9^999999999 = 1",
    "$2^{-99999999} = 3$",
    "2^{99999999}",
    "((((9^9)^9)^9)^9)^9",
    "^".join("9" * 200),
    "**".join("9" * 200),
    "x^99999999999",
    "x^(x^(x^(x^x)))",
    "(x+1)^{9999}",
    "x^{100000}(1+x)^{100000}",
    "$(a+b+c+d+e+f+g)^{12}(h+i+j+k+l+m)^{12} = 1$",
    "$" + "(a+b+c+d)" * 40 + " = 1$",
    "(1+1/10^9)^(10^9)",
    "(sqrt(2)+sqrt(3)+sqrt(5)+sqrt(7))^24",
    "sqrt(" * 30 + "2" + ")" * 30,
    "sin(" * 30 + "x" + ")" * 30,
    "10^{-999999999}",
    "1e999999999",
]

BOMBS = [
    "99999999! = 1",
    "1000000!",
    "((((20!)!)!)!)!",
    "5!!!!!! = 1",
    "9" + "!" * 900,
    r"\binom{10^9}{10^8}",
    "$\\binom{999999999}{5} = 1$",
    r"\sum_{i=1}^{10^{12}} i^{-i}",
    r"\prod_{n=1}^{99999999} n",
    "$\\sqrt[99999]{7} = 1$",
    "$\\sqrt{" + "9" * 90 + "} = 1$",
    "gcd(" + "9" * 300 + "," + "7" * 299 + ")",
    r"\text{lcm}(1," + ",".join(map(str, range(2, 300))) + ")",
    "+".join(f"1/{n}" for n in range(1, 400)),
    "*".join(f"(x-{n})" for n in range(1, 60)) + "=0",
    "+".join(f"sqrt({n})" for n in range(2, 60)) + "=0",
    " or ".join(f"x={n}" for n in range(200)),
    "(-1)^(1/3)^(1/5)^(1/7)",
    "x^24-x^23+x^22-x^21+x-1=0",
    "sin(x)^24+cos(x)^24-tan(x)^24=x^24",
    "exp(exp(exp(exp(exp(9)))))",
    "log(log(log(log(log(2)))))",
]

NESTED = [
    *(pair[0] * size + "1" + pair[1] * size for size in (90, 300, 4000) for pair in ("()", "{}", "[]")),
    *(opening * size for size in (40, 9000) for opening in "({["),
    *(closing * size for size in (40, 9000) for closing in ")}]"),
    "[" * 30 + "1,2" + "]" * 30,
    "([{" * 300 + "1" + "}])" * 300,
    "(" * 100_000,
    "-(" * 500 + "1" + ")" * 500,
    "1/(" * 300 + "2" + ")" * 300,
    "-" * 150 + "1",
    "-" * 9000 + "1 = 2",
    "+-" * 200 + "1",
    "|" * 501,
    "D(" * 40 + "x" + ")" * 40,
    '{"a":' * 500 + "1" + "}" * 500,
    "{" * 500,
    "$" + "{" * 4000 + " = 1$",
    "$" + r"\\" * 4500 + "= 1$",
    "(" * 4000 + "1" + ")" * 4000 + " = 1",
]  # fmt: skip

UNBALANCED = [
    "(", ")", "((1)", "(1))", "1)(1", "{1", "1}", "}{", "[1)", "(1]", "[1,2", "1,2]", "$1", "1$",
    r"\(1", r"1\)", r"\boxed{1", r"\boxed{", r"\left(1\right.", r"\begin{array}", '"1', "'1", "x=(",
    "=1,2)", "(x+1)(x-", "/(x+", "!", "!<", "<", "<<<<<<<<<<", "@", "@0", "@999999", "!5<@1", "=", "==",
    "=!<", ":", "x=:", ":=", "x=1:",
]  # fmt: skip

CONTROL = [
    "\0", "1\0002", "\0" * 500, "=\0", "1\0", "\x00 1 + 1 = 3 \x00", "\x07\x08\x7f", "\x1b[2J\x1b[1;31m1",
    "\x1b]0;title\x07", "1\r", "1\r\n2", "\n", "\n\n\n", "1\n", "\x0b\x0c", "\x85", "\u2028", "1\u2029=1",
    "\x1c\x1d\x1e\x1f", "\t1\t", "12\b\b34", "\ufeff12", "1\u00a0000", "1\u2009234",
]  # fmt: skip

UNICODE = [
    "\u202e5", "\u202e1+1", "\u202e1 + 1 = 2", "\u200f12\u200e", "\u202d21\u202c",
    "\u2066\u2067\u20681\u2069", "1\u200b2", "\u200d" * 300, "1" + "\u0301" * 500,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A", "١+٢", "١ + ١ = ٢", "٣", "१२", "１２", "𝟏𝟐", "²", "x²=4", "½", "½+1", "①",
    "Ⅻ", "一十二", "−5", "–5", "5′", "＝５", "（１）", "x＝5", "ⅹ", "х=5", "ｘ=5", "ı", "ß" * 300, "İ" * 300,
    "\U0001f9ee", "\U000e0031", "\uffff", "\U0010ffff", "ﷺ" * 200, "e\u0301=\u00e9",
]  # fmt: skip

SURROGATES = [
    "\ud800", "\udfff", "1\ud8002", "\udc80\udcff", "\ud800 1 + 1 = 2", "=\udce9", "y=0:\ud800",
    b"12\xff".decode(errors="surrogateescape"), b"\xc3\x28".decode(errors="surrogateescape"),
    b"\xe2\x82".decode("latin-1"), "Ã¢â‚¬â„¢12", b"\xf0\x9f\x98".decode(errors="replace"),
]  # fmt: skip

HUGE = [
    "9" * 19, "9" * 400, "9" * 4299, "9" * 4301, "1" * 10_000, "-" + "9" * 5000, "0" * 5000 + "1",
    "1" * 3000 + "/" + "3" * 3000, "0." + "0" * 5000 + "1", "1" * 5000 + " + 1 = 2", "9" * 500 + "x^2=4",
    "x=" + "9" * 500, "=" + "9" * 500, "x=1:" + ",".join(["9" * 9] * 300),
    "9" * 18 + "*" + "9" * 18 + "=1", "999999999*999999999=1", "1/" + "9" * 18, "x^24=" + "9" * 18,
    "1" * 3000 + " = " + "1" * 2999 + "2",
]  # fmt: skip

SPECIAL = [
    "", " ", " \n ", "nan", "NaN", "-nan", "oo", "-oo", "zoo", "inf", "-inf", "Infinity", "∞",
    r"\infty", r"-\infty", r"\infty - \infty", "1e999", "1e999 + 1 = 2", "1e-999", "-0", "+0",
    "0.0", "1/0", "0/0", r"\frac{1}{0}", "0^0", "0^-1 = 0", "$0^{-1} = 1 + 1$", "0/0 = 0/0 + 1",
    "1/0 + 2 = 3", "x/0=1", "1/(1-1)", "1/(x-x)=1", "x=1/0", "x=0/0", "x=5/0:1", "=1/0", "0*x=0",
    "sqrt(-1)", "log(0)", "log(-1)", "tan(pi/2)", "0!", "(-1)!", "1.5!", "sqrt(x)=-1",
    "none", "null", "undefined", "i", "1+i", "j", "1.", ".5", "1.2.3",
    "1.2.3.4 + 1.2.3 = 5", "--5", "+", "+5", "5-", "5e", "e5", "1e5", "1,,2", ",", ",1", "1,",
]  # fmt: skip

LONG = [
    "1," * 3000, "x=" * 900, "1 = " * 2400, "and " * 900, "^" * 99, "=" * 9000,
    "%" * 9000 + " 5% + 5% = 1", "<<" * 4000 + "1+1=2", "," * 9000 + "1,2,3 + 1,234,5 = 4",
    "1 + 1 = 2 " * 900, "1+" * 5_000 + "1", "1 + 1 " * 1500 + "= 1", "1 + " * 2400 + "1 = 1",
    "a " * 4000 + "+ 1 = 3", "$" * 9000 + " 1 = 2", "\\[" * 4000 + " 1 = 2", "a" * 5000 + "!",
    "x" * 390, "1 " * 5000, " " * 9000 + "1", "1" + " " * 9000, "1\n" * 2000, "!<" * 2000,
    "<" * 2000, "@1" * 2000, "!" + "5" * 900 + "<", "()" * 3000, "1.1" * 2000, "-1" * 3000,
    "1/2," * 2000, "x=1:" * 2000, "1:1:" * 2000, "x^2" * 2000, "(x+1)" * 2000, ",1+1=2" * 2000,
    "1 and 2 or " * 800, "\\text{" + "a " * 2000 + "}", "of " * 3000, "1" + ",111" * 1500,
    "no solution" * 500, "x=1 or " * 900 + "x=2",
]  # fmt: skip

SMALL: dict[str, list[str]] = {
    "python": PYTHON,
    "templates": TEMPLATES,
    "serial": SERIAL,
    "sympy": SYMPY,
    "latex": LATEX,
    "towers": TOWERS,
    "bombs": BOMBS,
    "nested": NESTED,
    "unbalanced": UNBALANCED,
    "control": CONTROL,
    "unicode": UNICODE,
    "surrogates": SURROGATES,
    "huge": HUGE,
    "special": SPECIAL,
    "long": LONG,
}
TEXTS = [text for texts in SMALL.values() for text in texts]

MEGABYTE = 10**6
LARGE: dict[str, Callable[[], str]] = {
    "one digit": lambda: "1" * 10 * MEGABYTE,
    "spaces": lambda: " " * 10 * MEGABYTE,
    "brackets": lambda: "(" * 10 * MEGABYTE,
    "boxes": lambda: r"\boxed{" * MEGABYTE,
    "dollars": lambda: "$1$ and " * MEGABYTE,
    "words": lambda: "a " * 5 * MEGABYTE,
    "displays": lambda: "\\(" * 5 * MEGABYTE,
    "equations": lambda: "x=" * 5 * MEGABYTE,
    "sums": lambda: "1+" * 5 * MEGABYTE + "1",
    "claims": lambda: "1 + 1 = 3 " * MEGABYTE,
    "list": lambda: "1," * 5 * MEGABYTE,
    "NULs": lambda: "\0" * 10 * MEGABYTE,
    "marks": lambda: "\u202e" * 3 * MEGABYTE,
    "minus": lambda: "-" * 10 * MEGABYTE,
    "code": lambda: f"{OPEN};" * (10 * MEGABYTE // len(OPEN)),
}
"""Texts of 10 MB or so, made when they are needed."""

BROKEN: dict[str, bytes] = {
    "invalid byte": b'{"id": 1, "text": "\xff"}',
    "overlong": b'{"id": 1, "text": "\xc0\xaf"}',
    "cut short": b'{"id": 1, "text": "\xe2\x82',
    "encoded surrogate": b'{"id": 1, "text": "\xed\xa0\x80"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "NUL": b'{"id": \0}',
    "only NULs": b"\0" * 1000,
    "not closed": b'{"id": 1',
    "not JSON": b"id: 1",
    "a number": b"12",
    "NaN": b"NaN",
    "null": b"null",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "huge integer": b'{"id": ' + b"9" * 5000 + b"}",
    "10 MB": b"[" + b"1," * 5 * MEGABYTE,
    "pickle": PICKLE.replace(b"\n", b" "),
    "empty": b"",
}
"""Lines of a file that are no record."""


def large() -> Iterator[tuple[str, str]]:
    """The large texts, one in memory at a time, with their names."""
    for name, make in LARGE.items():
        yield name, make()
