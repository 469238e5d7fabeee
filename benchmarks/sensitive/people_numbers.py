"""National numbers: how they are drawn and written, and who says whether one is right."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import stdnum.luhn
from stdnum.util import get_cc_module


def weighed(weights: str, modulus: int, answer: Callable[[int], str]) -> Callable[[str], bool]:
    """A check of the last figure by a sum of weighed figures before it; letters count from A = 10."""
    return lambda number: (
        answer(sum(int(one, 36) * int(by) for one, by in zip(number, weights, strict=False)) % modulus) == number[len(weights) :]
    )


def hong_kong(number: str) -> bool:
    total = 36 * 9 + sum(int(one, 36) * by for one, by in zip(number[:7], range(8, 1, -1), strict=True))
    return number[7] == "0123456789A"[-total % 11]


def snils(number: str) -> bool:
    return sum(int(one) * by for one, by in zip(number, range(9, 0, -1), strict=False)) % 101 % 100 == int(number[9:])


def taiwan(number: str) -> bool:
    head = 10 + "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(number[0])
    return (
        head // 10 + head % 10 * 9 + sum(int(one) * by for one, by in zip(number[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True))
    ) % 10 == 0


class Scheme(NamedTuple):
    """A national number: how it is drawn, who says whether it is right, and how it is written."""

    shape: str
    right: Callable[[str], bool]
    written: tuple[str, ...] = ()


def module(country: str, name: str) -> Callable[[str], bool]:
    """What python-stdnum says."""
    found: ModuleType | None = get_cc_module(country, name)
    assert found is not None, f"{country}.{name}"
    return lambda number: bool(found.is_valid(number))


def always(number: str) -> bool:
    """Numbers without a check figure."""
    return bool(number)


THREES, FOURS, DASHED = "### ### ###", "#### #### ####", "######-####"
SCHEMES = {
    "at": Scheme("####%D", module("at", "vnr"), ("##########", "#### ######")),
    "au": Scheme("#########", module("au", "tfn"), (THREES, "#########")),
    "be": Scheme("%Y#####", module("be", "nn"), ("##.##.##-###.##", "###########", "###### ### ##")),
    "bg": Scheme("%Y####", module("bg", "egn")),
    "br": Scheme("###########", module("br", "cpf"), ("###.###.###-##", "###########")),
    "ca": Scheme("[1-79]########", module("ca", "sin"), (THREES, "###-###-###", "#########")),
    "ch": Scheme("756##########", module("ch", "ssn"), ("###.####.####.##", "#############")),
    "cl": Scheme("[12]#######[0-9K]", module("cl", "rut"), ("##.###.###-#", "########-#")),
    "cn": Scheme("11010[1258]%C###[0-9X]", module("cn", "ric")),
    "cz": Scheme("%Y####", module("cz", "rc"), ("######/####", "##########")),
    "de": Scheme("%P#", module("de", "idnr"), ("###########", "## ### ### ###")),
    "dk": Scheme("%D####", module("dk", "cpr"), (DASHED, "##########")),
    "do": Scheme("[04]0[12]########", module("do", "cedula"), ("###-#######-#", "###########")),
    "ec": Scheme("17########", module("ec", "ci"), ("##########", "#########-#")),
    "ee": Scheme("[34]%Y####", module("ee", "ik")),
    "es": Scheme("########[A-Z]", module("es", "dni"), ("#########", "########-#", "##.###.###-#")),
    "nie": Scheme("[XYZ]#######[A-Z]", module("es", "nie"), ("#########", "#-#######-#")),
    "fi": Scheme("%D-###[0-9A-Y]", module("fi", "hetu")),
    "fr": Scheme("[12][5-9]#0[1-9][1-8][1-9]########", module("fr", "nir"), ("###############", "# ## ## ## ### ### ##")),
    "nhs": Scheme("[4-7]#########", module("gb", "nhs"), ("### ### ####", "##########")),
    "nino": Scheme("[ACEHJL][ABCEHJMPRSTWXYZ]######[A-D]", always, ("#########", "## ## ## ## #")),
    "gr": Scheme("%D#####", module("gr", "amka")),
    "hr": Scheme("###########", module("hr", "oib")),
    "hk": Scheme("[A-Z]######[0-9A]", hong_kong, ("#######(#)",)),
    "hu": Scheme("[01]########", weighed("37373737", 10, str), (THREES, "#########", "###-###-###")),
    "id": Scheme("317401%D####", module("id", "nik")),
    "ie": Scheme("#######[A-W]", module("ie", "pps"), ("########", "#######[A-W]"[:7] + " #")),
    "il": Scheme("#########", module("il", "idnr"), ("#########", "########-#")),
    "aadhaar": Scheme("[2-9]###########", module("in", "aadhaar"), (FOURS, "############", "####-####-####")),
    "pan": Scheme("@@@P@####@", module("in", "pan")),
    "is": Scheme("%D####", module("is", "kennitala"), (DASHED, "##########")),
    "it": Scheme("@@@@@@##[ABCDEHLMPRST][0-2][1-9]H501[A-Z]", module("it", "codicefiscale")),
    "jp": Scheme("############", module("jp", "in_"), (FOURS, "############")),
    "kr": Scheme("%Y[12]######", module("kr", "rrn"), ("######-#######",)),
    "lt": Scheme("[34]%Y####", module("lt", "asmens")),
    "lv": Scheme("%D[12]####", module("lv", "pvn"), ("######-#####",)),
    "mx": Scheme("@[AEIO]@@%Y[HM]DF@@@0#", module("mx", "curp")),
    "my": Scheme("%Y14####", module("my", "nric"), ("######-##-####", "############")),
    "nl": Scheme("#########", module("nl", "bsn"), ("#########", "#### ## ###", "####.##.###")),
    "no": Scheme("%D#####", module("no", "fodselsnummer"), ("###########", "###### #####")),
    "nz": Scheme("1########", module("nz", "ird"), ("###-###-###", "#########")),
    "ar": Scheme("[2-4]#######", always, ("##.###.###", "########")),
    "pe": Scheme("[1-7]#######", always),
    "pk": Scheme("3[1-7]###########", module("pk", "cnic"), ("#####-#######-#",)),
    "pl": Scheme("%Y#####", module("pl", "pesel")),
    "pt": Scheme("[12]########", module("pt", "nif"), ("#########", THREES)),
    "ro": Scheme("[12]%Y[0-3][1-9]####", module("ro", "cnp")),
    "rs": Scheme("%J71####", module("si", "emso")),
    "si": Scheme("%J50####", module("si", "emso")),
    "ru": Scheme("[5-9]###########", module("ru", "inn")),
    "snils": Scheme("1##########", snils, ("###-###-### ##", "###########")),
    "se": Scheme("%Y####", lambda number: stdnum.luhn.is_valid(number), (DASHED, "19######-####")),
    "sg": Scheme("S#######[A-Z]", lambda number: weighed("2765432", 11, lambda rest: "JZIHGFEDCBA"[rest])(number[1:])),
    "sk": Scheme("%Y####", module("sk", "rc"), ("######/####",)),
    "th": Scheme("[1-8]############", module("th", "pin"), ("#-####-#####-##-#", "#############")),
    "tr": Scheme("[1-9]##########", module("tr", "tckimlik")),
    "tw": Scheme("[A-HJ-NP-V][12]########", taiwan),
    "ua": Scheme("[23]#########", module("ua", "rntrc")),
    "itin": Scheme("9##7[0-8]####", module("us", "itin"), ("###-##-####",)),
    "uy": Scheme("[1-5]#######", weighed("2987634", 10, lambda rest: str(-rest % 10)), ("#.###.###-#", "########")),
    "vn": Scheme("0[0-9]#[0-3]########", always),
    "za": Scheme("%Y####08#", module("za", "idnr"), ("#############", "###### #### ###")),
    "ae": Scheme("78419[6-9]#########", stdnum.luhn.is_valid, ("###-####-#######-#",)),
    "sa": Scheme("1#########", stdnum.luhn.is_valid),
}
