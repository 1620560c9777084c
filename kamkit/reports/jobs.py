"""Which pages there are to render: template, checked parameters, target and key."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem

_OWN = ("company", "language", "account")  # said by the command itself, never by --set
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDER = _PACKAGE.parent / "notebooks" / "reports"
MEMBER = "member_sheet"  # one page a person: its file bears the person's id
COMPANY = "key_accounts"  # the report that a company gets unless another is asked for


@dataclass(frozen=True)
class Job:
    """One page to render.

    ``key`` changes with the kit, the template, the parameters and the data: a page that
    carries the same key need not be rendered again.
    """

    template: str
    parameters: Mapping[str, Any]
    target: str
    lang: str
    key: str
    account_id: str = ""


def template_names() -> tuple[str, ...]:
    """Templates of a whole company's report, the key-account report first.

    >>> "funnel_review" in template_names(), "account" in template_names()
    (True, False)
    """
    found = sorted(p.stem for p in _FOLDER.glob("*.ipynb") if p.stem not in ("account", COMPANY))
    return (COMPANY, *found)


def template_path(name: str) -> Path:
    """Path of a report template; an error says so where the folder is not at hand."""
    path = _FOLDER / f"{name}.ipynb"
    if not path.exists():
        raise KamkitError(Problem("no_template", value=str(path)))
    return path


def template_parameters(template: Path) -> dict[str, dict[str, Any]]:
    """Parameters that a template declares: name → default, type, help."""
    import papermill

    return dict(papermill.inspect_notebook(str(template)))


def check_parameters(template: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in the types that the template declares.

    Refuses, before anything runs, names that the template does not declare or that it lacks,
    and values of another type. A parameter whose default is an empty text and whose help
    begins with "required" must be given. Papermill itself only warns of unknown names, and runs.
    """
    declared = template_parameters(template)
    allowed = ", ".join(sorted(declared))
    problems = [
        Problem("unknown_parameter", value=name, details={"allowed": allowed})
        for name in sorted(set(given) - set(declared))
    ]
    for name, facts in declared.items():
        if facts["help"].startswith("required") and not given.get(name):
            problems.append(Problem("missing_parameter", value=name))
    values = {}
    for name, value in given.items():
        kind = declared.get(name, {}).get("inferred_type_name")
        read, fault = _READ.get(str(kind), (_same, ""))
        try:
            values[name] = read(value)
        except ValueError:
            problems.append(Problem(fault, column=name, value=value))
    KamkitError.collect(problems)
    return values


def _same(value: Any) -> Any:
    return value


def _number(value: Any) -> float:
    number = float(str(value))
    if not isfinite(number):
        raise ValueError(value)
    return number


def _flag(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise ValueError(value)
    return text == "true"


# How a value, or the text that a user typed for it, is read by its parameter's type.
_READ: dict[str, tuple[Callable[[Any], Any], str]] = {
    "str": (str, ""),
    "int": (lambda value: int(str(value)), "not_a_whole_number"),
    "float": (_number, "not_a_number"),
    "bool": (_flag, "not_yes_or_no"),
}


def company_job(
    folder: Path,
    out: Path,
    lang: str,
    *,
    account: str | None = None,
    template: str = COMPANY,
    extra: Mapping[str, Any] | None = None,
) -> Job:
    """The job of a company's report, or of one account's page.

    Raises KamkitError for a company folder with errors, an unknown account, template or
    parameter, and for one account's page of a template that has none.
    """
    check_template(template, one_account=account is not None)
    company = _company(folder)
    if account is None and template == MEMBER and (extra or {}).get("member"):
        return _member_job(company, out, lang, str((extra or {})["member"]), extra)
    if account is None:
        target = out / f"{template}.{lang}.html"
        return _job(template, company, target, lang, _allowed(extra))
    if account not in set(company.accounts["account_id"]):
        raise KamkitError(Problem("unknown_account", table="accounts", value=account))
    return _account_job(company, out, lang, account, extra)


def check_template(template: str, *, one_account: bool = False, one_member: bool = False) -> None:
    """Refuse a template that isn't there, or that has no page for one account or one member."""
    allowed = template_names()
    if template not in allowed:
        details = {"allowed": ", ".join(allowed)}
        raise KamkitError(Problem("unknown_template", value=template, details=details))
    if one_account and template != COMPANY:
        raise KamkitError(Problem("template_no_accounts", value=template))
    if one_member and (one_account or template not in (COMPANY, MEMBER)):
        raise KamkitError(Problem("template_no_members", value=template))


def accounts_jobs(
    folder: Path, out: Path, lang: str, *, extra: Mapping[str, Any] | None = None
) -> list[Job]:
    """One job per account of a company."""
    company = _company(folder)
    ids = company.accounts["account_id"]
    return [_account_job(company, out, lang, account, extra) for account in ids]


def members_jobs(
    folder: Path, out: Path, lang: str, *, extra: Mapping[str, Any] | None = None
) -> list[Job]:
    """One job per member of a company: the personal sheets.

    Raises KamkitError where there is no table of members.
    """
    company = _company(folder)
    if not company.has("members"):
        raise KamkitError(Problem("no_members", table="members"))
    return [_member_job(company, out, lang, m, extra) for m in company.members["member_id"]]


def page_name(account_id: str, lang: str, *, twin: bool = False, noun: str = "account") -> str:
    """File name of one account's (or member's: ``noun``) page.

    An id that no file system likes becomes a hash.

    So does a ``twin``, an id that another one equals but for upper and lower case: many file
    systems take their pages for one.

    >>> page_name("A-007", "en"), page_name("=cmd|' /C calc'!A0", "zh")
    ('account_A-007.en.html', 'account_id-b3c49727b6b7.zh.html')
    """
    safe = _SAFE_ID.fullmatch(account_id) and not twin
    name = account_id if safe else f"id-{sha256(account_id.encode()).hexdigest()[:12]}"
    return f"{noun}_{name}.{lang}.html"


def _company(folder: Path) -> Any:
    from kamkit.tables import load

    return load(folder)


def _allowed(extra: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Further parameters, unless they gainsay the command."""
    KamkitError.collect(Problem("reserved_parameter", value=n) for n in extra or {} if n in _OWN)
    return extra or {}


def _account_job(
    company: Any, out: Path, lang: str, account: str, extra: Mapping[str, Any] | None
) -> Job:
    values = {"account": account, **_allowed(extra)}
    alike = Counter(company.accounts["account_id"].str.lower())
    target = out / page_name(account, lang, twin=alike[account.lower()] > 1)
    return _job("account", company, target, lang, values, account)


def _member_job(
    company: Any, out: Path, lang: str, member: str, extra: Mapping[str, Any] | None
) -> Job:
    """The sheet of one person; a company without a table of members has people by rating only."""
    ids = company.members["member_id"] if company.has("members") else None
    if ids is not None and member not in set(ids):
        raise KamkitError(Problem("unknown_person", table="members", value=member,
            details={"allowed": "members.member_id"}))  # fmt: skip
    alike = Counter(ids.str.lower()) if ids is not None else Counter[str]()
    values = {**_allowed(extra), "member": member}
    target = out / page_name(member, lang, twin=alike[member.lower()] > 1, noun=MEMBER)
    return _job(MEMBER, company, target, lang, values, member)


def _job(
    name: str,
    company: Any,
    target: Path,
    lang: str,
    extra: Mapping[str, Any] | None,
    account: str = "",
) -> Job:
    template = template_path(name)
    _need_text(str(company.folder.resolve()), str(target.absolute()))
    parameters = {"company": str(company.folder.resolve()), "language": lang, **(extra or {})}
    parameters = check_parameters(template, parameters)
    own = [sha256(file.read_bytes()).hexdigest() for file in _scheme_files(parameters)]
    parts = [name, parameters, lang, company.fingerprint, own, _kit_hash()]
    text = json.dumps(parts, sort_keys=True)
    key = sha256(text.encode()).hexdigest()[:16]
    return Job(str(template), parameters, str(target.resolve()), lang, key, account)


def _need_text(*paths: str) -> None:
    """Refuse paths whose bytes are no text in this system's character set."""
    lost = [path for path in paths if not path.isprintable() and "\udc80" <= max(path) <= "\udcff"]
    KamkitError.collect(Problem("path_not_text", value=path) for path in lost)


def _scheme_files(parameters: Mapping[str, Any]) -> list[Path]:
    """Files that parameters name: a page is out of date when one of them changes."""
    paths = [Path(v) for v in parameters.values() if isinstance(v, str) and v.endswith(".toml")]
    return [path for path in paths if path.is_file()]


@cache
def _kit_hash() -> str:
    """Hash over the kit's code, data files and report templates."""
    files = [p for p in _PACKAGE.rglob("*") if p.suffix in (".py", ".toml", ".css", ".j2", ".csv")]
    files += sorted(_FOLDER.glob("*.ipynb"))
    total = sha256()
    for path in sorted(files):
        total.update(path.read_bytes())
    return total.hexdigest()
