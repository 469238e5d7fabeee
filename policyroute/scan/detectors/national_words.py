"""What the national numbers are called, where people write them: in full, abbreviated, inflected, and in English."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from policyroute.scan.detectors.detector import ANY_ID, Words, words
from policyroute.scan.pattern import Pattern


def dotted(known: Words, *initials: str) -> Words:
    """Also with dots: `D.N.I.`. As words of one letter they would be too common for the shared scan."""
    pairs = {f"{left} {right}" for name in initials for left, right in pairwise(name)}
    shapes = tuple(r"(?:^|[^A-Za-z])" + r"\. ?".join(name) for name in initials)
    return known._replace(patterns=(*known.patterns, Pattern("regex", shapes)), whole=known.whole | pairs)


# What the number of any country may be called, in more languages.
EVERY_ID: Final = words(
    "citizen number", "identity nr", "identification nr", "taxpayer id", "taxpayer no", "taxpayer number",
    "taxpayer identification", "identiteitskaart*", "identiteitsnummer*", "identiteitsbewijs*", "numéro identité",
    "identifikacijski broj", "identifikačné číslo", "citizen id", "national id*", "tax number", "tax no", "tax identification",
    "personal identification", "personal no", "personal identity", "identity document", "id document", "id nr", "id nummer",
    "gov id", "government id", "national no", "carte identité",
    "pièce identité", "numéro national", "identifiant national", "identifiant fiscal", "numéro identification",
    "documento identidad", "documento identidade", "documento identificación", "número identificación", "número nacional",
    "carta identità", "documento identità", "persoonsnummer", "persoonlijk nummer", "dowód osobisty", "dowodu osobistego",
    "numer identyfikacyjny", "numer identyfikacji", "osobní číslo", "občanský průkaz", "občianskeho", "személyi",
    "személyazonosító", "személyi szám", "osobna iskaznica", "lična karta", "act identitate",
    "carte identitate", "证件", "證件", "身分証",
    "本人確認", "de identidad", "de identidade", "de identificación", "de identificação",
    "d identité", "d identità", "di identità", "de identitate", "de identité", "nr identyfikacyjny", also=ANY_ID,
)  # fmt: skip

# By country; a second set is for a second number.
AT: Final = words(
    "svnr", "sozialversicherung*", "sv nummer", "versicherungsnummer", "sv nr", "svnummer", "versicherungsnr", "vsnr", "ssvnr",
    "austrian social", "austrian insurance", also=EVERY_ID,
)  # fmt: skip
BE: Final = words(
    "rijksregister*", "insz", "niss", "registre national", "numéro national", "be nn", "nationaal nummer", "numéro registre",
    "n national", "nrn", "rrn", "inss", "niss*", "rijksreg*", "belgian national", "belgian id", "numéro niss", "registre",
    also=EVERY_ID,
)  # fmt: skip
BG: Final = words(
    "егн", "egn", "единен граждански", "единен", "лична карта", "bulgarian id", "bulgarian personal", "bg egn", "личен номер",
    also=EVERY_ID,
)  # fmt: skip
CZ: Final = dotted(words(
    "rodné číslo", "rodne cislo", "rodného čísla", "rč", "rodné č", "rodným číslem", "rodnému číslu", "rodne c", "rodnecislo",
    "rodné", "birth number", "czech birth", "slovak birth", "cz rc", "sk rc", "czech id", "slovak id", also=EVERY_ID,
), "rč")  # fmt: skip
DE: Final = words(
    "steuer*", "idnr", "idnummer", "identifikationsnummer", "tin", "ident nr", "id nr", "identnummer", "st id", "german tax",
    "de idnr", "personenkennzahl", also=EVERY_ID,
)  # fmt: skip
DE_2: Final = words("ausweis*", "personalausweis*", "reisepass*", "perso", "german id")
DK: Final = words("cpr*", "personnummer*", "personnr", "danish cpr", "danish personal", "dk cpr", also=EVERY_ID)
EE: Final = dotted(words(
    "isikukood*", "isikukoodi", "asmens kodas", "asmens kod*", "ee ik", "lt ak", "lt asmens", "ee id", "lt id", "asmens",
    "isikut", "estonian id", "lithuanian id", "estonian personal", "lithuanian personal", "asmenskodas", also=EVERY_ID,
), "ak")  # fmt: skip
ES: Final = dotted(words(
    "dni", "nif", "documento nacional", "documento identidad", "documento", "identidad", "nie", "dni*", "nif*", "nie*",
    "cédula identidad", "identificación fiscal", "identificación", "spanish id", "spanish national", "spanish tax",
    "spanish dni", "es dni", "es nie", "es nif", "extranjero", "extranjería", "carnet identidad", also=EVERY_ID,
), "dni", "nif", "nie")  # fmt: skip
FR: Final = words(
    "sécurité sociale", "securite sociale", "nir", "insee", "assuré*", "numéro sécu", "sécu", "carte vitale", "n secu", "secu",
    "nss", "n ss", "numero secu", "num sécu", "no sécu", "sécurité soc", "securite soc", "assurance maladie", "cpam", "nir*",
    "sécu*", "fr nir", "french social", "ameli", also=EVERY_ID,
)  # fmt: skip
GR: Final = dotted(words("amka", "αμκα", "greek social", "greek amka", "gr amka", "αριθμός μητρώου", also=EVERY_ID), "αμ")
HR: Final = words(
    "oib", "osobni identifikacijski", "osobni broj", "identifikacijski broj", "croatian id", "croatian personal", "hr oib",
    "mbg", also=EVERY_ID,
)  # fmt: skip
IE: Final = dotted(words(
    "pps", "ppsn", "pps number", "personal public", "pps no", "public service", "irish pps", "ie pps", "ppsno",
    "revenue number", "pps nr", also=EVERY_ID,
), "pps")  # fmt: skip
IS: Final = words("kennitala*", "kt", "kennitölu*", "kt nr", "icelandic id", "is kennitala", also=EVERY_ID)
IT: Final = dotted(words(
    "codice fiscale", "cod fisc", "cf", "codicefiscale", "cod fiscale", "c fiscale", "cod fis", "fiscale", "codice fisc",
    "cfisc", "italian tax", "italian fiscal", "it cf", "fiscal code", "tax code", "codici fiscali", also=EVERY_ID,
), "cf")  # fmt: skip
NL: Final = words(
    "bsn*", "burgerservicenummer*", "sofinummer*", "sofi", "burger service", "burgerservice*", "citizen service",
    "dutch citizen", "persoonsnummer", "sofinr", "nl bsn", "dutch bsn", also=EVERY_ID,
)  # fmt: skip
PL: Final = words(
    "pesel*", "nr pesel", "numer pesel", "polish id", "polish pesel", "pl pesel", "polish national", also=EVERY_ID,
)  # fmt: skip
PT: Final = words(
    "nif", "contribuinte", "número fiscal", "número contribuinte", "nº contribuinte", "nif nº", "n contribuinte",
    "identificação fiscal", "fiscal portuguese", "portuguese tax", "portuguese nif", "pt nif", "contribuinte*", "nif no",
    also=EVERY_ID,
)  # fmt: skip
RO: Final = dotted(words(
    "cnp*", "cod numeric", "numeric personal", "romanian cnp", "romanian personal", "ro cnp", "cod personal", "buletin",
    "ci seria", also=EVERY_ID,
), "cnp")  # fmt: skip
RS: Final = words(
    "jmbg", "јмбг", "emšo", "emso", "матични број", "jmbg*", "matični broj", "maticni broj", "matični br", "emšo*", "emso*",
    "матичен број", "ембг", "embg", "umcn", "jedinstveni matični", "si emso", "rs jmbg", "slovenian id", "serbian id",
    also=EVERY_ID,
)  # fmt: skip
SE: Final = words(
    "personnummer*", "personnr", "pnr", "samordningsnummer*", "person nr", "pers nr", "persnr", "p nr", "pnummer",
    "samordningsnr", "swedish personal", "swedish id", "se pnr", "swedish personnummer", also=EVERY_ID,
)  # fmt: skip
UK: Final = dotted(words(
    "nino", "ni number", "ni no", "national insurance", "nat ins", "ni", "nin", "ni nr", "nat insurance", "uk ni",
    "payroll ni", also=EVERY_ID,
), "ni")  # fmt: skip
UK_2: Final = words("nhs*", "patient number", "national health", "health service", "patient nhs", also=EVERY_ID)
AR: Final = dotted(words("dni", "documento*", "cédula", "cuil", "argentine id"), "dni")
AU: Final = words("tax file", "taxfile", "tfn no", "australian tax", "au tfn", exact=("TFN", "tfn"))
AU_2: Final = words("medicare*")
BR: Final = words(
    "cpf*", "cadastro pessoa", "contribuinte", "pessoa física", "pessoas físicas", "cic", "brazilian cpf", "brazilian tax",
    "brazilian id", "br cpf", "contribuinte*", "inscrição", also=EVERY_ID,
)  # fmt: skip
CA: Final = words(
    "social insurance", "canadian sin", "assurance sociale", "socialinsurance", "numéro assurance", "num assurance",
    "d assurance", "sin no", "sin number", "canada sin", "ca sin", "sin card", "canadian social", exact=("SIN", "NAS"),
)  # fmt: skip
CL: Final = dotted(words(
    "rut", "run", "rol único", "rol unico", "rut*", "run*", "cédula identidad", "cédula", "chilean id", "chilean rut",
    "chilean tax", "cl rut", also=EVERY_ID,
), "rut")  # fmt: skip
ID: Final = words(
    "nik", "ktp", "nomor induk", "no ktp", "nomor ktp", "ktp*", "e ktp", "nomor identitas", "nomor kependudukan",
    "kependudukan",
    "identitas", "indonesian id", "id nik", "kartu tanda", also=EVERY_ID,
)  # fmt: skip
IL: Final = dotted(words(
    "teudat zehut", "israeli id", "israel id", "il id", "תעודת*", "מספר זהות", "מספר ת", "תז", "מס זהות", "זהות",
    "teudat", "zehut", also=EVERY_ID,
), "תז")  # fmt: skip
IN: Final = words(
    "aadhaar*", "aadhar*", "adhaar*", "uidai", "uid", "आधार", "adhar*", "uid no", "ஆதார்", "আধার", "ఆధార్", "indian id",
    "in aadhaar", also=EVERY_ID,
)  # fmt: skip
IN_2: Final = dotted(words(
    "pan", "pan card", "pan number", "permanent account", "पैन", "pan no", "pancard", "permanent acc", "indian pan", "in pan",
    "स्थायी लेखा",
), "pan")  # fmt: skip
JP: Final = words(
    "my number", "mynumber", "individual number", "マイナンバ", "個人番号", "mynumber*", "personal number",
    "個人番号*", "マイ ナンバー",
    "japanese my", "japanese individual", "jp my", "kojin bango", also=EVERY_ID,
)  # fmt: skip
KR: Final = words(
    "rrn", "resident registration", "주민", "주민등록", "주민번호", "주민등록번호", "외국인등록*", "resident number",
    "korean resident", "kr rrn",
    "korean id", also=EVERY_ID,
)  # fmt: skip
MX: Final = words(
    "curp", "curp*", "clave única", "clave unica", "registro población", "mexican id", "mx curp", "mexican curp", also=EVERY_ID,
)  # fmt: skip
MY: Final = words(
    "mykad*", "nric", "ic no", "ic number", "kad pengenalan", "pengenalan", "ic", "no ic", "nokp", "no kp", "kad",
    "kp", "malaysian id", "malaysian nric", "my nric", "malaysian ic", "nombor kad", also=EVERY_ID,
)  # fmt: skip
HK: Final = words(
    "hkid*", "hong kong", "香港身份證", "身份證號碼", "hk id", "hk identity", "身份證", "身份證號", "身份証", "身分證",
    "香港身份", "identity card",
    "kong id", also=EVERY_ID,
)  # fmt: skip
NZ: Final = words("ird", "inland revenue", "ird no", "nz ird", "nz tax", "inland rev")
TH: Final = words(
    "thai id", "thai national", "th pin", "pin", "เลขประจำตัว", "บัตรประชาชน", "เลขบัตร", "บัตรประจำตัว", "ประชาชน",
    "thai citizen", "th id", "เลขประชาชน", also=EVERY_ID,
)  # fmt: skip
TR: Final = dotted(words(
    "tc", "tckn", "tc kimlik", "kimlik*", "vatandaşlık*", "tc no", "tc kimlik*", "tckno", "turkish id",
    "turkish national", "turkish identity", "tr tckn", "tcno", "tckimlik*", also=EVERY_ID,
), "tc")  # fmt: skip
TW: Final = words(
    "身分證", "身份證", "統一編號", "taiwan id", "身分證字號", "身份證字號", "統編", "居留證", "taiwanese id", "tw id",
    "roc id",
    "national identification", also=EVERY_ID,
)  # fmt: skip
US: Final = words("itin", "taxpayer*", "tax id", "itin*", "individual taxpayer", "tin", "tax payer", "irs", "us itin", "w 7")
ZA: Final = words(
    "south african", "south africa", "za id", "rsa id", "sa id", "rsa", "sa identity", "identiteitsnommer", "id nommer",
    "sa national", "za idnr", "southafrican*", also=EVERY_ID,
)  # fmt: skip
EG: Final = words("الرقم القومي", "رقم قومي", "بطاقة", "egypt*", "eg id", "القومي", "قومي", "بطاقة الرقم", also=EVERY_ID)
HU: Final = words(
    "taj", "tajszám*", "társadalombiztosítási", "hu taj", "taj szám*", "taj*", "társadalombiztosítás*", "tb szám",
    "hungarian social", "hungarian health", "biztosítási",
)  # fmt: skip
HU_2: Final = words(
    "adóazonosító", "adóazonosítóm", "adószám*", "adó", "hu tin", "adóazonosító*", "hungarian tax", "hu tax", also=EVERY_ID,
)  # fmt: skip
KZ: Final = words("иин", "жсн", "iin", "kz iin", "жеке сәйкестендіру", "kz id", also=EVERY_ID)
LV: Final = dotted(words(
    "personas kods", "personas kod*", "personas koda", "lv pk", "personas", "pk", "latvian personal", "latvian id",
    "personaskods", "kods", also=EVERY_ID,
), "pk")  # fmt: skip
MD: Final = words("idnp", "md idnp", "codul personal", "cod personal", also=EVERY_ID)
PK: Final = words(
    "cnic", "nadra", "nicop", "شناختی", "pakistan*", "pk cnic", "cnic*", "nic", "nicop*", "قومی شناختی", "شناختی کارڈ",
    "identity card", also=EVERY_ID,
)  # fmt: skip
RU: Final = words(
    "снилс", "snils", "ru snils", "снилс*", "страховой номер", "страхового", "пенсионн*", "russian snils", "пфр", "snils*",
    also=EVERY_ID,
)  # fmt: skip
RU_2: Final = words(
    "инн", "inn", "ru inn", "инн*", "налогоплательщик*", "inn no", "russian inn", "russian tax", "идентификационный номер",
    also=EVERY_ID,
)  # fmt: skip
SA: Final = words(
    "iqama", "saudi*", "absher", "رقم الهوية", "الهوية", "هوية", "إقامة", "sa nin", "iqama*", "رقم الاقامة", "الإقامة",
    "الاقامة", "رقم الإقامة", "السجل المدني", "هويتي", "بطاقة الهوية", "sa id", also=EVERY_ID,
)  # fmt: skip
UA: Final = words(
    "рнокпп", "іпн", "ипн", "ідентифікаційний", "rnokpp", "rntrc", "ua tin", "рнокпп*", "іпн*", "податковий номер",
    "ідентифікаційний номер", "податковий", "ukrainian tax", "ukrainian id", "код платника", "платника",
    "идентификационный код",
    also=EVERY_ID,
)  # fmt: skip
CO: Final = dotted(words(
    "cédula*", "cedula*", "cc no", "ciudadanía", "cc", "ciudadania", "colombian id", "nuip", "documento identidad",
    also=EVERY_ID,
), "cc")  # fmt: skip
CU: Final = words("carné de", "carnet de", "carné identidad", "cuba*", "cu ni", "carnet", "carné", "número identidad", "ci")
DO: Final = dotted(words(
    "cédula*", "cedula*", "cedulado", "identidad", "ci", "cc", "ciudadania", "colombian id", "nuip",
    "documento identidad", also=EVERY_ID,
), "ci")  # fmt: skip
_DNI_SAID = (
    "dni no", "dni nº", "dni nro", "dni num", "dni número", "mi dni", "su dni", "tu dni", "dni es",
    "dni del", "dni de", "con dni",
    "nro dni", "número dni", "dni peruano",
)  # fmt: skip
# Polish `dni` are days: the capitals, or words around it, tell.
PE: Final = words(*_DNI_SAID, "cui", "reniec", "peruvian id", exact=("DNI",), also=EVERY_ID)
PE_2: Final = dotted(words(*_DNI_SAID, "reniec", "peruvian id", exact=("DNI",)), "dni")
DE_3: Final = words(
    "rentenversicherung*", "rvnr", "sozialversicherung*", "versicherungsnummer", "sv nummer", "svnr", "de rvnr", "rvnummer",
    "rv nummer", "sozialvers*", "sv nr", "german pension",
)  # fmt: skip
DE_4: Final = words(
    "krankenversicher*", "krankenkasse*", "versichertennummer*", "kvnr", "gesundheitskarte", "kv nummer", "kvnummer",
    "versicherten nr", "gkv",
)  # fmt: skip
ES_2: Final = words("seguridad social", "nuss", "naf", "nss", "seg social", "afiliación")
FR_2: Final = words(
    "numéro fiscal", "numero fiscal", "fiscal", "spi", "fr nif", "n fiscal", "référence fiscale", "impots", "impôts",
)  # fmt: skip
LK: Final = words("nic", "sri lanka*", "lk nic", "nic no", also=EVERY_ID)
NG: Final = words("nigeria*", "nimc", "ng nin", "national identification", "nin no", "nin number", exact=("NIN",))
PT_2: Final = words(
    "cartão cidadão", "cartão de", "cidadão", "pt cc", "cc", "cartão cidadao", "cartao cidadao", "cartão", "cidadao",
    also=EVERY_ID,
)  # fmt: skip
UK_3: Final = words("utr", "taxpayer reference", "unique taxpayer", "self assessment", "utr*", "hmrc", "tax reference")
VN: Final = words(
    "cccd", "căn cước", "cmnd", "chứng minh", "vn id", "cccd*", "cmnd*", "số cccd", "số cmnd", "định danh", "vietnamese id",
    "cmt", also=EVERY_ID,
)  # fmt: skip
