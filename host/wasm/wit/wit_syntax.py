"""WIT text as a syntax tree: what is written, before names are looked up (component-model, WIT.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from moonwit.host.wasm.wit.wit_lexer import Token, check_name, tokenize
from moonwit.registry.record import record

MAX_DEPTH = 100


@record
class TypeUse:
    """A type as written: ``head`` is its word or name, an argument of None is ``_``, ``length`` that of a list of a fixed length."""

    head: Token
    arguments: tuple[TypeUse | None, ...] = ()
    length: Token | None = None


@record
class Member:
    """A field, case, flag or parameter."""

    name: str
    token: Token
    type: TypeUse | None = None


@record
class FunctionText:
    """A function as written; ``name`` has the resource's prefix (``[method]counter.get``) where it belongs to a resource."""

    name: str
    token: Token
    params: tuple[Member, ...]
    result: TypeUse | None


@record
class Declared:
    """A declared type: ``kind`` is type, record, variant, enum, flags, resource, or use (of ``origin``'s type ``members[0]``)."""

    kind: str
    name: str
    token: Token
    members: tuple[Member, ...] = ()
    target: TypeUse | None = None
    origin: Token | None = None


@dataclass(slots=True)
class Scope:
    """Names that are declared together: an interface, a world, or a text without either. ``taken`` holds them by lower-case spelling."""

    path: str | None
    types: dict[str, Declared] = field(default_factory=dict)
    functions: list[FunctionText] = field(default_factory=list)
    interfaces: list[Token | Scope] = field(default_factory=list)
    taken: dict[str, Token] = field(default_factory=dict)

    def take(self, name: str, token: Token) -> None:
        before = self.taken.setdefault(name.lower(), token)
        if before is not token:
            raise token.error(f"`{name}` is declared twice, first on line {before.line}; rename one of them")


@dataclass(slots=True)
class Document:
    root: Scope = field(default_factory=lambda: Scope(None))
    interfaces: dict[str, Scope] = field(default_factory=dict)
    worlds: list[tuple[Token, Scope]] = field(default_factory=list)
    package: str | None = None
    version: str = ""

    def path(self, interface: str) -> str:
        """An interface's full name, ``ns:package/interface@version`` where a package is declared."""
        return interface if self.package is None else f"{self.package}/{interface}{self.version}"


class SyntaxReader:
    """Reads one text by recursive descent; nesting is bounded by ``MAX_DEPTH``."""

    def __init__(self, text: str) -> None:
        self.tokens = tokenize(text)
        self.at = 0
        self.document = Document()

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def ahead(self, kind: str) -> bool:
        """Tells whether the token after this one is of ``kind``."""
        return self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].kind == kind

    def accept(self, kind: str) -> bool:
        if self.token.kind == kind:
            self.at += 1
            return True
        return False

    def expect(self, kind: str, where: str) -> Token:
        if self.token.kind != kind:
            raise self.token.error(f"expected `{kind}` {where}, got {self.token.shown}")
        return self.next()

    def word(self, text: str) -> bool:
        """Takes the keyword ``text`` if it is next."""
        if self.token.kind == "word" and self.token.text == text:
            self.at += 1
            return True
        return False

    def end_of(self, what: str) -> None:
        """Takes the ``;`` after ``what``; it may be missing before a closing brace and at the end of the text."""
        if self.token.kind not in ("end", "}"):
            self.expect(";", f"after {what}")

    def gates(self) -> None:
        """Skips feature gates such as ``@since(version = 0.2.0)``."""
        while self.accept("@"):
            check_name(self.next(), "a gate")
            if self.accept("("):
                while not self.accept(")"):
                    if self.next().kind == "end":
                        raise self.token.error("expected `)` after the gate, got the end of the text")

    def read(self) -> Document:
        while self.token.kind != "end":
            self.gates()
            if self.accept(";"):
                continue
            if self.word("package"):
                self.package()
            elif not self.ahead(":") and self.word("interface"):
                token = self.next()
                name = check_name(token, "an interface's name")
                if name in self.document.interfaces:
                    raise token.error(f"the interface `{name}` is declared twice; rename one of them")
                self.document.interfaces[name] = self.scope(Scope(self.document.path(name)))
            elif not self.ahead(":") and self.word("world"):
                token = self.next()
                check_name(token, "a world's name")
                self.document.worlds.append((token, self.scope(Scope(None))))
            else:
                self.item(self.document.root)
        return self.document

    def package(self) -> None:
        name = check_name(self.next(), "a package's namespace")
        while self.token.kind in (":", "/"):
            name += self.next().text + check_name(self.next(), "a package's name")
        version = ""
        if self.accept("@"):
            while self.token.kind not in (";", "{", "end"):
                version += self.next().text
        if self.token.kind == "{":
            raise self.token.error("nested packages are not taken; write the package's name on a line of its own, ended with `;`")
        self.end_of("the package's name")
        self.document.package, self.document.version = name, f"@{version}" if version else ""

    def scope(self, scope: Scope) -> Scope:
        self.expect("{", "before the declarations")
        while not self.accept("}"):
            if self.token.kind == "end":
                raise self.token.error("expected `}` after the declarations, got the end of the text")
            self.gates()
            if not self.accept(";"):
                self.item(scope)
        return scope

    def item(self, scope: Scope) -> None:
        """Reads one declaration into ``scope``."""
        token = self.token
        if token.kind == "word" and not self.ahead(":"):
            if token.text in ("record", "variant", "enum", "flags", "resource", "type"):
                self.next()
                self.declaration(token.text, scope)
                return
            if token.text == "use":
                self.next()
                self.use(scope)
                return
            if token.text in ("export", "import"):
                self.next()
                self.port(scope, exported=token.text == "export")
                return
            if token.text == "include":
                raise token.error("`include` is not taken; write what the other world exports here")
            if token.text == "union":
                raise token.error("`union` is no longer part of WIT; write a `variant`")
        if token.kind not in ("word", "name") or not self.ahead(":"):
            raise token.error(f"expected a declaration such as `name: func(a: u32) -> string;`, got {token.shown}")
        self.function(scope)

    def port(self, scope: Scope, *, exported: bool) -> None:
        """Reads what follows ``export`` or ``import``; imports are read and left out, since the module's own imports decide."""
        target = scope if exported else Scope(None, types=scope.types)
        token = self.token
        if token.kind in ("word", "name") and self.ahead(":"):
            after = self.tokens[self.at + 2]
            if after.kind == "word" and after.text == "interface":
                name = check_name(self.next(), "an interface's name")
                self.at += 2
                target.interfaces.append(self.scope(Scope(name)))
                return
            if after.kind == "word" and after.text in ("func", "async"):
                self.function(target)
                return
        self.interface_name(target, token)

    def interface_name(self, scope: Scope, token: Token) -> None:
        """Reads ``export name;`` or ``export ns:package/name@1.0.0;``."""
        name = check_name(self.next(), "an interface's name")
        while self.token.kind in (":", "/"):
            name += self.next().text + check_name(self.next(), "an interface's name")
        if self.accept("@"):
            name += "@"
            while self.token.kind not in (";", "}", "end"):
                name += self.next().text
        self.end_of("the interface's name")
        scope.interfaces.append(Token("name", name, token.line, token.column))

    def use(self, scope: Scope) -> None:
        origin = self.token
        name = check_name(self.next(), "an interface's name")
        while self.token.kind in (":", "/", "@", "integer", "word") or (self.token.kind == "." and not self.ahead("{")):
            name += self.next().text
        self.expect(".", "after the interface's name")
        self.expect("{", "before the used types")
        where = Token("name", name, origin.line, origin.column)
        while not self.accept("}"):
            token = self.next()
            source = local = check_name(token, "a type's name")
            if self.word("as"):
                token = self.next()
                local = check_name(token, "a type's name")
            scope.take(local, token)
            scope.types[local] = Declared("use", local, token, (Member(source, token),), origin=where)
            if self.token.kind != "}":
                self.expect(",", "between used types")
        self.end_of("`use`")

    def declaration(self, kind: str, scope: Scope) -> None:
        token = self.next()
        name = check_name(token, f"a {kind}'s name" if kind != "enum" else "an enum's name")
        scope.take(name, token)
        if kind == "type":
            self.expect("=", "after the type's name")
            scope.types[name] = Declared(kind, name, token, target=self.type())
            self.end_of("the type")
        elif kind == "resource":
            scope.types[name] = Declared(kind, name, token)
            if self.token.kind == "{":
                self.resource(name, scope)
            else:
                self.end_of("the resource")
        else:
            scope.types[name] = Declared(kind, name, token, self.members(kind, name))
            self.accept(";")

    def members(self, kind: str, owner: str) -> tuple[Member, ...]:
        what = {"record": "field", "variant": "case", "enum": "case", "flags": "flag"}[kind]
        opening = self.expect("{", f"before the {what}s of `{owner}`")
        members: list[Member] = []
        while not self.accept("}"):
            self.gates()
            token = self.next()
            name = check_name(token, f"a {what}'s name")
            used: TypeUse | None = None
            if kind == "record":
                self.expect(":", f"after the field `{name}`")
                used = self.type()
            elif kind == "variant" and self.accept("("):
                used = self.type()
                self.expect(")", f"after the type of `{name}`")
            members.append(Member(name, token, used))
            if self.token.kind != "}":
                self.expect(",", f"between the {what}s of `{owner}`")
        _unique(members, what, owner)
        if not members:
            raise opening.error(f"the {kind} `{owner}` is empty; give it at least one {what}")
        return tuple(members)

    def resource(self, owner: str, scope: Scope) -> None:
        self.expect("{", "before the functions of the resource")
        itself = TypeUse(Token("name", owner, self.token.line, self.token.column))
        while not self.accept("}"):
            self.gates()
            token = self.token
            if not self.ahead(":") and self.word("constructor"):
                params = self.params("constructor")
                result: TypeUse | None = self.type() if self.accept("->") else itself
                function = FunctionText(f"[constructor]{owner}", token, params, result)
            else:
                name = check_name(self.next(), "a function's name")
                self.expect(":", "after the function's name")
                static = self.word("static")
                params, result = self.signature(name)
                if not static:
                    receiver = Member("self", token, TypeUse(Token("word", "borrow", token.line, token.column), (itself,)))
                    params = (receiver, *params)
                function = FunctionText(f"[{'static' if static else 'method'}]{owner}.{name}", token, params, result)
            self.end_of("the function")
            scope.take(function.name, token)
            scope.functions.append(function)

    def function(self, scope: Scope) -> None:
        token = self.next()
        name = check_name(token, "a function's name")
        self.expect(":", "after the function's name")
        params, result = self.signature(name)
        self.end_of("the function")
        scope.take(name, token)
        scope.functions.append(FunctionText(name, token, params, result))

    def signature(self, name: str) -> tuple[tuple[Member, ...], TypeUse | None]:
        if self.token.kind == "word" and self.token.text == "async":
            raise self.token.error(f"`{name}` is an async function, which needs WASI 0.3 and is not taken; make it a plain `func`")
        if not self.word("func"):
            raise self.token.error(f"expected `func` after `{name}:`, got {self.token.shown}")
        params = self.params(name)
        if not self.accept("->"):
            return params, None
        if self.token.kind == "(":
            raise self.token.error("named results are no longer part of WIT; return one type, such as a tuple, or leave out `->`")
        return params, self.type()

    def params(self, owner: str) -> tuple[Member, ...]:
        self.expect("(", f"before the parameters of `{owner}`")
        params: list[Member] = []
        while not self.accept(")"):
            token = self.next()
            if token.kind in ("word", "name") and self.token.kind != ":":
                raise token.error(f"a parameter of `{owner}` has no name; write `name: type`")
            name = check_name(token, "a parameter's name")
            self.expect(":", f"after the parameter `{name}`")
            params.append(Member(name, token, self.type()))
            if self.token.kind != ")":
                self.expect(",", f"between the parameters of `{owner}`")
        _unique(params, "parameter", owner)
        return tuple(params)

    def type(self, depth: int = 0) -> TypeUse:
        head = self.next()
        if head.kind not in ("word", "name"):
            raise head.error(f"expected a type, got {head.shown}")
        if depth >= MAX_DEPTH:
            raise head.error(f"types are nested deeper than {MAX_DEPTH} levels here; name a part with `type` and make it flatter")
        arguments: list[TypeUse | None] = []
        length: Token | None = None
        if self.accept("<"):
            while not self.accept(">"):
                if self.accept("_"):
                    arguments.append(None)
                elif self.token.kind == "integer":
                    length = self.next()
                    if head.text != "list" or len(arguments) != 1 or self.token.kind != ">":
                        raise length.error("a number stands only behind the type of a list of a fixed length, like `list<u8, 4>`")
                else:
                    arguments.append(self.type(depth + 1))
                if self.token.kind != ">":
                    self.expect(",", f"between the types of `{head.text}`")
            if not arguments:
                raise head.error(f"`{head.text}<>` names no type; write one between the brackets")
        return TypeUse(head, tuple(arguments), length)


def _unique(members: list[Member], what: str, owner: str) -> None:
    seen: dict[str, Member] = {}
    for member in members:
        if member.name.lower() in seen:
            raise member.token.error(f"the {what} `{member.name}` of `{owner}` is declared twice; rename one of them")
        seen[member.name.lower()] = member


def read_syntax(text: str) -> Document:
    """Reads WIT text into its syntax tree, or raises ``WitError``."""
    return SyntaxReader(text).read()
