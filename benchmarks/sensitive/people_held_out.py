"""Templates for measuring only, as those of `people_texts`: nobody looks at what is missed in them."""

from __future__ import annotations

HELD_OUT = tuple(
    """
Könnten Sie prüfen, warum die SV-Nummer meiner Tochter, {id:at}, abgelehnt wird?
ATO letter: TFN {id:au} quoted on payslip
Rijksregisternr.: {id:be}⏎Naam: {name}
служител {name}, егн: {id:bg}
cpf do titular {id:br}, por favor atualize
The client gave us social insurance number {id:ca} over the phone.
numéro AVS {id:ch}
mi rut {id:cl} no aparece en el sistema
我的身份证号码是{id:cn}，能查一下社保吗？
Pacient {name}, r.č. {id:cz}, dnes bez obtíží
Steuerliche Identifikationsnummer: {id:de}
CPR {id:dk} - kan du skrive et brev til kommunen?
cédula {id:do}
C.I. {id:ec}, domicilio en Quito
minu isikukood on {id:ee}
con DNI número {id:es}, domiciliado en Sevilla
N.I.E.: {id:nie}
hetu: {id:fi}
NIR {id:fr}, mutuelle à jour
Patient (NHS No. {id:nhs}) did not attend
his NI number is {id:nino}
ΑΜΚΑ: {id:gr}
osobni identifikacijski broj {id:hr}
Hong Kong identity card no. {id:hk}
TAJ: {id:hu}
nomor KTP saya {id:id}
PPSN {id:ie}
ת.ז. {id:il}
aadhaar no: {id:aadhaar}
my pan card number is {id:pan}
kt. {id:is}
il mio codice fiscale è {id:it}
個人番号 {id:jp}
주민번호: {id:kr}
a. k. {id:lt}
mans personas kods ir {id:lv}
mi CURP es {id:mx} y sale inválida
IC number {id:my}
burgerservicenummer {id:nl}
fnr {id:no}
IRD: {id:nz}
documento nacional de identidad {id:ar}
mi dni es {id:pe}
CNIC No. {id:pk}
mój numer PESEL to {id:pl}
contribuinte nº {id:pt}
cod numeric personal: {id:ro}
matični broj {id:rs}
moja EMŠO je {id:si}
мой ИНН: {id:ru}
снилс {id:snils}
pnr {id:se}
NRIC {id:sg}
r. č. {id:sk}
บัตรประชาชน {id:th}
TC kimlik numaram {id:tr}
身份證字號 {id:tw}
ідентифікаційний код {id:ua}
individual taxpayer identification number {id:itin}
CI: {id:uy}
căn cước công dân số {id:vn}
South African ID {id:za}
my EID is {id:ae}
الهوية الوطنية: {id:sa}
! <field name="bsn">{id:nl}</field>
! applicant.cnp = "{id:ro}"  # from the form
! tckn⇥{id:tr}⏎tckn⇥{id:tr}
! {"identity":{"type":"CURP","value":"{id:mx}"}}
! * codice fiscale: `{id:it}`⏎* comune: Milano
You can reach my husband at {tel:US} or {tel:US}.
Handynummer {tel:DE}, bitte nicht vor 9 Uhr
joignable au {tel:FR} en journée
Tfno. {tel:ES}
cell. {tel:IT}, ufficio {tel:IT}
meu zap é {tel:BR}
Bel me op {tel:NL}
nr tel. {tel:PL}
mobil {tel:CZ}, e-mail {email}
telefonnummer: {tel:SE}
Ring {tel:NO} hvis det er noe
telefonnummeret er {tel:DK}
puhelinnumeroni on {tel:FI}
тел. {tel:RU}
телефонуйте {tel:UA}
GSM: {tel:TR}
κινητό {tel:GR}
nr. de telefon {tel:RO}
手机号 {tel:CN}
携帯 {tel:JP}
휴대폰 {tel:KR}
โทร. {tel:TH}
gọi tôi số {tel:VN}
फ़ोन: {tel:IN}
اتصل بي على {tel:EG}
נייד {tel:IL}
tel.szám {tel:HU}
nomor HP {tel:ID}
mi celular es {tel:MX}
ph: {tel:AU}
text me @ {tel:US}
ring the office, {tel:GB}, and ask for {name}
! phone_number: '{tel:ZA}'
! <td>Phone</td><td>{ph:SG}</td>
! caller={ph:AT};duration=33
! Fon {tel:CH} · Fax {tel:CH}
! +----+⏎| tel | {ph:IE} |⏎+----+
the customer read out {card} for the deposit
Kartennummer: {card}
carte bancaire {card}
mi tarjeta {card} fue rechazada
carta di credito n. {card}
kart numarası {card}
номер карты {card}
! Visa {card:dot} 03/29
! "pan": "{card:plain}", "cvv": "***"
! credit card:⏎{card:line}
! amex/visa/mc on file⇥{card:plain}⇥Y
! <input name="cardnumber" value="{card}">
account {iban}, payable within 14 days
Kontoverbindung: {iban:DE}
compte bancaire {iban:FR}
IBAN del beneficiario {iban:IT}
wpłata na {iban:PL}
sort it via {iban:GB}
! {iban:lower}
! konto nr {iban:dash}
! <IBAN>{iban:none}</IBAN>
SS# {ssn:-}
social security no. {ssn:-}, spouse {ssn:-}
! her social is {ssn:none}
! ssn⇥{ssn:none}
! SSN={ssn: }; state=OH
! "social_security_number": "{ssn:-}"
traceroute stops at {ip}
blocked {ip} in fail2ban, how to unban?
ssh deploy@{ip}
! iptables -A INPUT -s {ip:cidr} -j DROP
! {"remote_addr":"{ip}","status":403}
! listen on http://[{ip6}]/
dig AAAA returns {ip6}
! client {ip}:51234 -> {ip}:443
my bitcoin address {coin:btc}
{coin:bech32} received 0.1
wallet={coin:eth}
! LTC {coin:ltc}
multisig {coin:p2sh}
tron {coin:trx}
please cc {email}; thanks
Kontakt per Mail an {email}.
escribe a {email}, por favor
이메일 {email}로 보내주세요
{email}：请回复
! To: {email}, {email}⏎Cc: {email}
! EMAIL={email:upper}
! write me: {email:hidden}
! ('{name}', '{email}', 3),
! [{name}](mailto:{email})
born on {dob:en} in Leeds
birthday: {dob:mdy}
Geburtsdatum: {dob:de}
date de naissance {dob:slash}
nacida el {dob:es}
data di nascita: {dob:slash}
ur. {dob:dmy}
родился {dob:dmy}
我出生于{dob:cjk}
誕生日は{dob:cjk}です
생일 {dob:ko}
! date_of_birth: {dob:ymd}
! dob={dob:eight}
{name} <{email}> tel {ph:DE} IBAN {iban:DE}
parcel {n:14} held at customs since {date}
USPS {s:94001##################} delivered?
quote Q-{n:4}-{n:4} valid until {date}
ISBN-10 {s:0-###-#####-#} out of print
EAN {isbn}
firmware {s:2.1#.#.1#} bricked my router, version 3.{s:1.2#.#} worked
release {s:#.#.##}-beta.{n:1} notes
{hex:32} md5 mismatch
git bisect says {hex:12}
trace {uuid} span {hex:16}
lat={s:-33.######} lon={s:151.######}
{s:16###########} ms since epoch
{n:5} - {n:3} - {n:4} = ?
f(x) = {n:3}x^2 - {n:3}x + {n:4}
SKU {n:3}-{n:3}-{n:4}
primary key {n:10}, foreign key {n:10}
population {s:3#,###,###} in {s:20##}, up from {s:2#,###,###}
16:9, 4:3, 21:9, {s:1#:##}
ethernet {s:aa:bb:cc:##:##:##} flapping
device serial {imei}
battery of the phone: {n:4} mAh, 6.{n:1} inch, {price:€}
tel aviv 1909-{s:20##} population {n:6}
call of duty {n:4} {n:4} ranked matches
page {n:3}, line {n:4}, column {n:2}
number of rows: {n:8}
chapter {s:1.2.3#} figure {n:2}
yarn add @types/node@{s:2#.#.#}
origin git@gitlab.example:group/{word}.git
image {word}@sha256:{hex:64}
twitter handle @{word}{n:3}
icon@3x.png is missing
tweet {s:17#################}
USt-IdNr. DE{n:9}
a deck of {n:2} cards, deal {n:2}
born to run was released on {date}
Foo::Bar::baz() is deprecated since {date}
block hash 0x{hex:64}
RFC {n:4}, ISO {n:5}-1:{s:20##}
draw: {s:0#-1#-2#-3#-4#}
IN ('{n:8}','{n:8}')
3.14159 26535 89793 23846 26433 83279
S/N {s:<A-Z><A-Z>#######}
gate {n:2}, flight LH{n:4}, seat 14C, {time}
exit code 137, pid {n:5}, port 8080
Rechnung {n:9}, Kundennummer {n:8}, {date:dmy}
商品コード {isbn}、価格 {n:5}円
货号 {n:10}，价格 {n:3} 元
артикул {n:8}, код {n:6}
모델 {up:2}-{n:5}, 가격 {n:6}원
facture n° {n:10} du {date:dmy}, client {n:7}
""".strip().splitlines()
)
