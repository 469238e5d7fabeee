"""The templates: one text a line, `⏎` a new line in it, `⇥` a tab, `!` before those that are written in an unusual way.

`{id:pl}` is a national number of a scheme, `{ph:FR}` an international and `{tel:FR}` a national telephone number, `{n:8}` eight
figures; what is in braces without a family (`{n}`, `{hex}`, `{uuid}`, `{s:…}`) is a look-alike and nothing to be found.
"""

from __future__ import annotations

SHOWN = tuple(
    """
Versicherungsnummer {id:at} bitte im Personalakt ergänzen.
My tax file number is {id:au}, can you check whether the employer withheld too much?
Mijn rijksregisternummer is {id:be}, kan u de mutualiteit verwittigen?
Моля, проверете данните: ЕГН {id:bg}, адрес гр. Пловдив.
Meu CPF é {id:br} e não consigo emitir a segunda via do boleto.
SIN: {id:ca}⏎Province: QC⏎Please draft the record of employment.
AHV-Nr. {id:ch}, Eintritt per 1. März
RUT del cliente: {id:cl}. Redacta un correo recordando el pago.
身份证号：{id:cn}，请帮我填写这份表格。
Rodné číslo: {id:cz}, pojišťovna 111
Meine Steuer-ID lautet {id:de}. Wie trage ich sie in ELSTER ein?
Patientens cpr-nr. er {id:dk}, skriv en indkaldelse.
Cédula No. {id:do}, favor confirmar la cita
Mi número de cédula es {id:ec} y quiero renovar el pasaporte.
Isikukood: {id:ee}. Palun koosta leping.
DNI: {id:es}⏎Nombre: {name}⏎Redacta la demanda.
Mi NIE es {id:nie}, ¿puedo pedir cita en la comisaría?
Henkilötunnus {id:fi} puuttuu lomakkeelta.
Numéro de sécurité sociale : {id:fr}. Rédige la lettre à la CPAM.
NHS number {id:nhs} referred to cardiology, write the letter
National Insurance number: {id:nino}, P45 attached
Ο ΑΜΚΑ μου είναι {id:gr}, πώς κλείνω ραντεβού;
OIB: {id:hr}, molim ispravite račun
HKID {id:hk} on the tenancy agreement, translate to Chinese
TAJ szám: {id:hu}, kérem a beutalót
NIK: {id:id}, alamat sesuai KTP
My PPS number is {id:ie} and Revenue says I owe nothing.
תעודת זהות {id:il}, נא לנסח מכתב לבנק
Aadhaar {id:aadhaar} linked with the wrong mobile, draft a complaint
PAN: {id:pan}, please fill Form 16
Kennitala: {id:is} - skrifaðu bréf
Codice fiscale {id:it}, residente a Roma. Compila il modulo.
マイナンバー：{id:jp} を年末調整の用紙に書きました。
주민등록번호 {id:kr} 확인 부탁드립니다.
Asmens kodas {id:lt}, parašykite prašymą.
Personas kods: {id:lv}, lūdzu sagatavojiet līgumu
CURP: {id:mx}, necesito el acta de nacimiento.
No. kad pengenalan {id:my}, sila kemas kini alamat saya.
Mijn BSN is {id:nl}, de zorgverzekeraar vraagt erom.
Fødselsnummer: {id:no}, skriv en søknad om barnetrygd
IRD number {id:nz} for the new starter, fill in the tax code declaration
DNI del paciente: {id:ar}, obra social OSDE
DNI N.° {id:pe}, distrito de Miraflores
CNIC: {id:pk}, write the affidavit
PESEL: {id:pl}, imię i nazwisko: {name}
O meu NIF é {id:pt}, passem a fatura em meu nome.
CNP {id:ro}, domiciliat în Cluj
JMBG: {id:rs}, molim potvrdu
EMŠO {id:si}, napiši vlogo
ИНН {id:ru}, нужен образец заявления на вычет
СНИЛС: {id:snils}, помогите заполнить заявление
Mitt personnummer är {id:se}, kan ni skicka intyget?
NRIC No: {id:sg}, CPF contribution missing
rodné číslo {id:sk}, trvalý pobyt Bratislava
เลขประจำตัวประชาชน {id:th} กรุณาร่างจดหมาย
T.C. kimlik no: {id:tr}, dilekçe yazar mısın?
身分證字號：{id:tw}，請協助草擬申請書
РНОКПП {id:ua}, складіть заяву
ITIN {id:itin} on the 1040-NR, what is line 7?
Cédula de identidad {id:uy}, redactar nota
Số CCCD: {id:vn}, viết đơn xin nghỉ
SA ID number {id:za}, FICA documents outstanding
Emirates ID: {id:ae}, renew the tenancy
رقم الهوية {id:sa} ، اكتب خطابا للبنك
! name;pesel;city⏎{name};{id:pl};Gdańsk⏎{name};{id:pl};Łódź
! {"first": "A", "personnummer": "{id:se}", "ok": true}
! INSERT INTO patients (id, nhs_no, ward) VALUES (7, '{id:nhs}', 'B2');
! | Name | CPF |⏎|---|---|⏎| {name} | {id:br} |
! national_id={id:tr}&country=TR&step=2
Please call me back on {ph:US} after 3 pm.
Ruf mich bitte unter {tel:DE} an, ab 18 Uhr.
Mon portable : {tel:FR}
Mi número de teléfono es {tel:ES}, llámame mañana.
Chiamami al {tel:IT} quando arrivi
Telefone para contato: {tel:BR}
mijn nummer is {ph:NL}, app maar
Zadzwoń: {tel:PL}
Telefon: {tel:CZ}, volejte po obědě
Ring mig på {tel:SE} ikväll
Mobil: {tel:NO}
tlf. {tel:DK}
Puh. {tel:FI}
Позвоните мне по номеру {tel:RU}
Мій телефон: {ph:UA}
Cep telefonum {tel:TR}, mesaj atabilirsin
Τηλέφωνο επικοινωνίας: {tel:GR}
Telefon mobil: {tel:RO}
电话：{tel:CN}
電話番号は{tel:JP}です。
전화번호: {tel:KR}
เบอร์โทร {tel:TH}
Số điện thoại: {tel:VN}
मेरा मोबाइल नंबर {ph:IN} है
رقم الهاتف: {ph:EG}
טלפון: {tel:IL}
Telefonszám: {tel:HU}
Hubungi {ph:ID} untuk info
WhatsApp {ph:MX}, respondo rápido
Mobile {tel:AU}, text only
her number's {tel:US}, voicemail is full
Tel {tel:GB} / Fax {tel:GB}
! contact,phone⏎{name},{ph:ZA}⏎{name},{ph:KE}
! {"customer":{"name":"{name}","phoneNumber":"{ph:SG}"}}
! <a href="tel:{ph:AT}">Kontakt</a>
! {name}⇥{ph:CH}⇥Zürich
! missed call from {ph:NG} at {time} and again from {ph:IE}
Card number {card}, exp 09/28, why was it declined?
Bitte die Kreditkarte {card} belasten.
Mon numéro de carte est le {card}, la transaction a échoué.
Tarjeta de crédito: {card}⏎Caducidad: 11/27
numero carta {card} scade a maggio
信用卡号 {card}，请帮我写投诉信
カード番号 {card}、有効期限 08/27
! card {card:dot} was charged twice
! cc={card:plain}&exp=0527&amount=12.00
! PAN⏎{card:line}⏎please transcribe
! UPDATE payments SET card_no = '{card:plain}' WHERE id = 991;
! order,amount,card⏎{n:7},19.99,{card:plain}⏎{n:7},5.00,{card:plain}
IBAN: {iban}, BIC on request
Bitte überweisen Sie auf {iban:DE}.
Voici mon RIB : {iban:FR}, virement avant vendredi.
Mi cuenta es {iban:ES}, hazme el ingreso.
Rekening {iban:NL} t.n.v. {name}
Przelew na konto {iban:PL}
! iban {iban:lower} is what he typed
! IBAN-{iban:dash}, scanned
! {"creditorAccount":{"iban":"{iban:none}"},"amount":"120.00"}
My social security number is {ssn:-}, how do I freeze my credit?
SSN {ssn:-} belongs to the applicant, write the denial letter
! ssn: {ssn:none}, dependents: 2
! social security {ssn: } on the W-2
! {"employee":"{name}","ssn":"{ssn:none}"}
! taxpayer⇥ssn⏎{name}⇥{ssn:-}
host {ip} is down, what do I check?
Failed password for root from {ip} port 50322 ssh2
ping {ip} -> request timed out
! {ip} - - [14/Mar/2025:09:26:53 +0000] "GET /cart HTTP/1.1" 200 512
! allow from {ip:cidr} in the firewall
! upstream [{ip6}]:8080 refused the connection
My server's address is {ip6}, set up AAAA records
! X-Forwarded-For: {ip}, {ip}
send the refund to {coin:btc} please
BTC wallet {coin:bech32}
donate ETH: {coin:eth}
! {"asset":"LTC","to":"{coin:ltc}"}
deposit to {coin:p2sh} not confirmed
USDT (TRC20) address: {coin:trx}
Write to {email} and ask for a quote.
Meine E-Mail: {email}
{email} hat sich beschwert, antworte bitte
联系邮箱：{email}，谢谢
メールは{email}までお願いします。
! From: "{name}" <{email}>⏎Subject: Re: offer
! user {email:upper} locked out
! reach me at {email:hidden}
! id,email⏎1,{email}⏎2,{email}
! mailto:{email}?subject=Hello
Date of birth: {dob:en}
DOB {dob:mdy}, allergies: none
geboren am {dob:dmy} in Köln
né le {dob:fr} à Lyon
Fecha de nacimiento: {dob:slash}
nato il {dob:it} a Torino
data urodzenia {dob:dmy}
дата рождения: {dob:ru}
出生日期：{dob:cjk}
生年月日 {dob:cjk}
생년월일: {dob:ko}
! {"birthDate": "{dob:ymd}"}
! patient,dob⏎{name},{dob:ymd}
Contact {name}, {email}, {ph:US}, card {card}.
Order {n:8} shipped on {date}, tracking {s:1Z##########<A-Z>#######}.
FedEx tracking number {n:12}, where is it?
Invoice INV-{n:6} over {price:$} is due {date}.
ISBN {isbn:dash}, who wrote it?
Scan the barcode {isbn} in the app.
Version {s:#.1#.2#.#} of the driver crashes after update.
Windows build 10.0.{n:5}.{n:4} bluescreen
commit {hex:40} broke the tests
sha256: {hex:64}
request id {uuid} failed with 502
GPS {s:4#.######, 1#.######} is where the car stands
epoch {s:17########} in UTC?
What is {n:3} + {n:4} * {n:3}?
Simplify ({n:3}) {n:3}-{n:4} / 7
part number {up:2}-{n:4}-{n:5} is discontinued
user_id={n:9} order_id={n:10} retries=3
In 1914-1918 about {s:1#,###,###} people moved.
The ratio is {s:#.####} : {s:#.####} at {time}
mac {s:0a:1b:##:3c:##:5d} keeps dropping off wifi
IMEI {imei} is blocked by the carrier
the phone costs {price:$} and has 256 GB, model SM-{up:1}{n:3}
phone 15 pro, 2024, 8 GB, score {n:7} in the benchmark
call stack: frame {n:7} at 0x{hex:12}
my number is {n:4}, what bus do I take?
Section 4.{s:1#.2#.3#} of the standard says what?
npm install left-pad@{s:1.#.#}
git clone git@github.com:acme/{word}.git fails
docker pull nginx@sha256:{hex:64}
@pytest.fixture and @dataclass: difference?
sprite {word}@2x.png is blurry
Snowflake id {s:1#################} to timestamp
VAT number DE{n:9} on the invoice, is it a company?
The card game takes {n:2} cards, 4 suits, {n:4} points.
The album was born in 2012 and re-released on {date}.
std::vector<int> a::b::c does not compile
transaction 0x{hex:64} is pending
CVE-2024-{n:5} and CWE-79, explain
lottery: {s:0# 1# 2# 3# 4#}, bonus {n:1}
SELECT * FROM t WHERE id IN ({n:9}, {n:9}, {n:9});
1 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987
serial number {s:<A-Z>##<A-Z>####<A-Z>##} on the back
timetable {s:0#:## 1#:## 1#:##} bus {n:3}
chmod 755, umask 022, port 5432, uid 1000
Bestellung {n:10} vom {date:dmy} kostet {price:€}
注文番号 {n:12}、追跡番号 {n:11}
订单号 {n:15}，快递单号 {n:13}
Заказ № {n:10} от {date:dmy}, сумма {n:5} руб.
주문번호 {n:12} 배송 조회
commande n° {n:9}, colis {n:13}, livraison le {date:dmy}
""".strip().splitlines()
)
