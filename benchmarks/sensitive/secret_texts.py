"""Texts with made-up but well-formed secrets, and texts that only look as if they held one.

A template is a text with slots between section signs; a slot is a maker of values. Every second template is held out, and so
is every second kind of token. Prefixes are put together when a text is made: no scanner of sources takes this file for a leak.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from random import Random
from typing import Final

from benchmarks.sensitive.row import Row
from benchmarks.sensitive.secret_lookalikes import PLAIN
from benchmarks.sensitive.secret_values import TOKENS, VALUES

__all__ = ["rows"]

_SLOT: Final = re.compile("§([a-z0-9_-]+)§")

# Where a token with a prefix of its own stands: the words around say nothing, or little.
_CARRIERS: Final = (
    "what is wrong with §token§ ?",
    "§token§",
    'client = Client("§token§")',
    "curl -H 'X-Auth: §token§' https://api.example.com/v2/items",
    "I accidentally committed §token§ to the repo, what now?",
    "deploy failed, log says: invalid §token§ (code 17)",
    "foo:\n  - §token§\n  - bar",
    '{"a": 1, "value": "§token§"}',
    "Translate to French: «my access code is §token§.»",
    "| name | value |\n|---|---|\n| main | `§token§` |",
)

# Assignments and machine-written forms.
_WRITTEN: Final = {
    "env-db": "DB_HOST=db.internal\nDB_PASSWORD=§pw§\nDB_NAME=app",
    "env-quoted": 'export SMTP_PASS="§pw§"\n./run.sh',
    "env-secret-key": "SECRET_KEY='§django§'\nDEBUG=0",
    "env-datadog": "DD_API_KEY=§hex32§\nDD_SITE=datadoghq.eu",
    "env-cloudflare": "CF_API_TOKEN=§alnum40§ wrangler deploy",
    "env-heroku": "HEROKU_API_KEY=§uuid§ git push heroku main",
    "env-twilio": "TWILIO_AUTH_TOKEN: §hex32§",
    "env-jwt-secret": "JWT_SECRET=§alnum32§\nPORT=3000",
    "env-aws-secret": "AWS_SECRET_ACCESS_KEY=§b64_40§",
    "aws-ini": "[default]\naws_access_key_id = §akia§\naws_secret_access_key = §b64_40§\nregion = eu-west-1",
    "ini": "[mail]\nuser = robot\npassword = §pw§\nport = 587",
    "properties": "spring.datasource.username=sa\nspring.datasource.password=§pw§",
    "properties-store": "server.ssl.key-store-password: §pw§",
    "yaml-db": "database:\n  user: app\n  password: §pw§\n  pool: 5",
    "yaml-quoted": "auth:\n  client_id: web\n  client_secret: '§alnum40§'",
    "compose": "environment:\n  - MYSQL_ROOT_PASSWORD=§pw§\n  - MYSQL_DATABASE=shop",
    "compose-map": "    environment:\n      POSTGRES_PASSWORD: §pw§\n      POSTGRES_USER: app",
    "dockerfile": "FROM python:3.12\nENV API_TOKEN=§alnum32§\nRUN pip install .",
    "k8s-secret": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  username: YWRtaW4=\n  password: §b64pw§",
    "k8s-string": "kind: Secret\nstringData:\n  token: §alnum40§",
    "k8s-env": "env:\n- name: DB_PASSWORD\n  value: §pw§",
    "docker-auth": '{"auths": {"registry.example.com": {"auth": "§b64login§"}}}',
    "terraform": 'resource "aws_db_instance" "main" {\n  username = "root"\n  password = "§pw§"\n}',
    "tfvars": 'db_password = "§pw§"\nregion = "eu-central-1"',
    "ci-yaml": "deploy:\n  script:\n    - export NPM_AUTH=x\n  variables:\n    DEPLOY_TOKEN: §alnum32§",
    "ansible": "ansible_user: root\nansible_become_pass: §pw§",
    "json-config": '{"host": "db1", "user": "app", "password": "§pw§"}',
    "json-api": '{"apiKey": "§alnum32§", "timeout": 30}',
    "json-camel": '{"clientSecret":"§alnum40§","clientId":"app-17"}',
    "json-escaped": '"{\\"username\\": \\"ops\\", \\"password\\": \\"§pw§\\"}"',
    "xml-element": "<server><username>deploy</username><password>§pw§</password></server>",
    "xml-attribute": '<add name="Db" connectionPassword="§pw§" timeout="30" />',
    "web-config": '<add key="ApiSecret" value="§alnum32§" />',
    "python-const": 'PASSWORD = "§pw§"\nconn = connect(user="app", password=PASSWORD)',
    "python-call": 'psycopg2.connect(host="db1", user="app", password="§pw§")',
    "python-dict": "cfg = {'user': 'app', 'passwd': '§pw§'}",
    "js-const": "const apiKey = '§alnum32§';\nfetch(url, {headers: {apiKey}})",
    "js-object": "mysql.createConnection({ host: 'localhost', user: 'me', password: '§pw§' })",
    "ts-const": "private readonly secretKey: string = '§alnum40§';",
    "go-struct": 'cfg := Config{User: "app", Password: "§pw§"}',
    "go-short": 'apiToken := "§alnum40§"',
    "java-string": 'private static final String DB_PASSWORD = "§pw§";',
    "java-call": 'props.setProperty("password", "§pw§");',
    "csharp": 'var credential = new NetworkCredential("svc", "§pw§");\nclient.Password = "§pw§";',
    "php-define": "define('DB_PASSWORD', '§pw§');",
    "php-array": "'password' => '§pw§',\n'charset' => 'utf8'",
    "ruby": "config.secret_key_base = '§hex64§'",
    "rust": 'let api_key = "§alnum32§";',
    "powershell": '$securePassword = ConvertTo-SecureString "§pw§" -AsPlainText -Force',
    "powershell-var": "$Password = '§pw§'",
    "sql-user": "CREATE USER app WITH PASSWORD '§pw§';",
    "sql-identified": "ALTER USER 'root'@'localhost' IDENTIFIED BY '§pw§';",
    "sql-insert": "CREATE LOGIN reporting WITH PASSWORD = N'§pw§'",
    "url-query": "GET /v1/items?api_key=§alnum32§&page=2 HTTP/1.1",
    "url-token": "https://app.example.com/hook?token=§alnum32§ gives 403",
    "header-key": "x-api-key: §alnum40§\naccept: application/json",
    "header-bearer": "Authorization: Bearer §alnum40§",
    "header-token": 'headers = {"Authorization": "Token §hex40§"}',
    "header-basic": "Authorization: Basic §b64login§",
    "header-private": 'curl --header "PRIVATE-TOKEN: §alnum20§" https://git.example.com/api/v4/projects',
    "cookie": "Cookie: theme=dark; session_token=§hex40§",
    "curl-user": "curl -u bob:§pwsafe§ https://api.example.com/v1/me",
    "curl-user-long": "curl --user 'admin:§pw§' -X DELETE https://es.example.com/logs",
    "wget": "wget --user=me --password='§pw§' https://files.example.com/a.zip",
    "mysql-cli": "mysql -u root -p§pwsafe§ shop < dump.sql",
    "mysqldump": "mysqldump --user=root --password=§pwsafe§ shop > dump.sql",
    "sshpass": "sshpass -p '§pw§' ssh root@web1",
    "sshpass-bare": "sshpass -p §pwsafe§ scp a.txt root@web1:/tmp",
    "pgpassword": "PGPASSWORD=§pwsafe§ psql -h db1 -U app",
    "redis-cli": "redis-cli -h cache1 -a §pwsafe§ ping",
    "docker-login": "docker login -u ci -p §pwsafe§ registry.example.com",
    "htpasswd": "htpasswd -b /etc/nginx/.htpasswd alice §pwsafe§",
    "openssl": "openssl enc -aes-256-cbc -in a.txt -out a.enc -pass pass:§pwsafe§",
    "net-use": "net use Z: \\\\srv\\share /user:corp\\bob §pwsafe§\nrem password: §pwsafe§",
    "netrc": "machine api.example.com\n  login bob\n  password §pwsafe§",
    "pgpass": "db1.example.com:5432:app:deploy:§pwsafe§\nis this .pgpass line right?",
    "npmrc": "//npm.example.org/:_authToken=§uuid§",
    "npmrc-auth": "//npm.example.com/:_password=§b64pw§\nalways-auth=true",
    "pip-conf": "[global]\nindex-url = https://ci:§pwsafe§@pypi.example.com/simple",
    "maven": "<server>\n<id>nexus</id>\n<username>dev</username>\n<password>§pw§</password>\n</server>",
    "wifi-qr": "WIFI:T:WPA;S:CafeGuest;P:§pwsafe§;;",
    "wpa": 'network={\n  ssid="Home"\n  psk="§pw§"\n}',
    "nmconnection": "[wifi-security]\nkey-mgmt=wpa-psk\npsk=§pwsafe§",
    "cisco": "username admin privilege 15 secret 0 §pwsafe§",
    "ldap": "bindDN: cn=admin,dc=example,dc=org\nbindPassword: §pw§",
    "url-postgres": "postgres://app:§pwsafe§@db1.example.com:5432/shop",
    "url-postgresql": "engine = create_engine('postgresql+psycopg2://app:§pwsafe§@db1/shop')",
    "url-mysql": "mysql://root:§pwsafe§@localhost:3306/test?charset=utf8",
    "url-mongo": "MONGO_URI=mongodb+srv://svc:§pwsafe§@cluster0.ab1cd.mongodb.net/?retryWrites=true",
    "url-redis": "redis://:§pwsafe§@cache1:6379/0",
    "url-amqp": "broker_url = 'amqp://worker:§pwsafe§@mq1:5672//'",
    "url-smtp": "smtp://robot:§pwsafe§@mail.example.com:587",
    "url-ftp": "ftp://upload:§pwsafe§@files.example.com/in/",
    "url-https": "git clone https://bob:§pwsafe§@git.example.com/team/app.git",
    "jdbc": "jdbc:mysql://db1:3306/shop?user=app&password=§pwsafe§&useSSL=false",
    "jdbc-oracle": "jdbc:oracle:thin:app/§pwsafe§@//db1:1521/ORCL",
    "jdbc-sqlserver": "jdbc:sqlserver://db1:1433;databaseName=shop;user=sa;password=§pwsafe§;",
    "odbc": "Driver={ODBC Driver 18 for SQL Server};Server=db1;Uid=sa;Pwd=§pwsafe§;Encrypt=yes",
    "ado": "Data Source=db1;Initial Catalog=shop;User ID=app;Password=§pwsafe§;TrustServerCertificate=True",
    "azure-storage": "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=§b64_88§;EndpointSuffix=core.windows.net",
    "azure-bus": "Endpoint=sb://bus1.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=§b64_44§",
    "azure-sas": "https://shop.blob.core.windows.net/a?sv=2022-11-02&sp=r&se=2025-01-01&sig=§sig§",
    "azure-cosmos": "AccountEndpoint=https://shop.documents.azure.com:443/;AccountKey=§b64_88§;",
    "pem-rsa": "-----BEGIN §rsa§ KEY-----\n§pembody§\n-----END §rsa§ KEY-----",
    "pem-pkcs8": "why does openssl refuse this?\n-----BEGIN §priv§ KEY-----\n§pembody§\n-----END §priv§ KEY-----",
    "pem-ec": "-----BEGIN EC §priv§ KEY-----\r\n§pemline§\r\n§pemline§\r\n-----END EC §priv§ KEY-----",
    "pem-encrypted": "-----BEGIN ENCRYPTED §priv§ KEY-----\n§pembody§\n-----END ENCRYPTED §priv§ KEY-----",
    "pem-legacy": "-----BEGIN §rsa§ KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,§hexup32§\n\n§pembody§",
    "pem-indented": "tls:\n  key: |\n    -----BEGIN §priv§ KEY-----\n    §pemline§\n    §pemline§\n    -----END §priv§ KEY-----",
    "pem-escaped": '{"type": "service_account", "private_key": "-----BEGIN §priv§ KEY-----\\n§pemline§\\n§pemline§\\n-----END"}',
    "pem-one-line": "KEY='-----BEGIN §priv§ KEY----- §pemline§ §pemline§ -----END §priv§ KEY-----'",
    "pem-open": "-----BEGIN OPENSSH §priv§ KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n§pemline§",
    "pem-pgp": "-----BEGIN PGP §priv§ KEY BLOCK-----\nVersion: GnuPG v2\n\n§pembody§\n=aB3d\n-----END PGP §priv§ KEY BLOCK-----",
    "putty": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 2\n§pemline§\nPrivate-Lines: 1\n§pemline§",
    "age": "# created: 2024-03-01\nAGE-SECRET-§age§",
    "log-login": "2024-05-01 10:00:03 DEBUG login attempt user=bob password=§pwsafe§ ip=-",
    "log-json": '{"level":"debug","msg":"auth","user":"bob","passwd":"§pw§"}',
    "form-body": "POST /login\n\nusername=bob&password=§pwsafe§&remember=1",
    "oauth-body": "grant_type=client_credentials&client_id=web&client_secret=§alnum40§",
    "git-remote": "origin  https://oauth2:§alnum20§@git.example.com/team/app.git (fetch)",
    "recovery": "Backup codes:\n1. §code§\n2. §code§\n3. §code§\n4. §code§",
    "seed-phrase": "my seed phrase: §seed§",
    "otp-uri": "otpauth://totp/Acme:bob?secret=§base32§&issuer=Acme",
    "otp-secret": "TOTP secret: §base32§",
    "webhook-discord": "https://discord.com/api/webhooks/§digits18§/§url68§",
    "webhook-teams": "https://acme.webhook.office.com/webhookb2/§uuid§@§uuid§/IncomingWebhook/§hex32§/§uuid§",
    "webhook-slack": "https://hooks.slack.com/services/T§up10§/B§up10§/§alnum24§",
    "wireguard": "[Interface]\nPrivateKey = §b64_44§\nAddress = fd00::1/64",
    "rails-key": "config/master.key: §hex32§",
    "hex-key-words": "new relic license key §hex40§ is rejected",
    "key-words": "my weather api key is §hex32§ and it returns 401",
    "token-words": "bot token §alnum40§ expired?",
    "secret-words": "client secret: §alnum32§ (azure app registration)",
    "encryption-key": "ENCRYPTION_KEY=§b64_44§",
    "signing-key": "signing_secret: §hex32§",
}

# What people write, in many languages.
_SAID: Final = {
    "en-is": "The password is §pw§, please keep it to yourself.",
    "en-login": "login with bob / §pw§ and tell me what you see",
    "en-creds": "Here are the credentials: user admin, pass §pw§",
    "en-my": "my password §pw§ doesn't work anymore",
    "en-changed": "I changed the admin password to §pw§ yesterday",
    "en-wifi": "WiFi: Lakehouse5G, password: §pw§",
    "en-use": "use §pw§ as the root password",
    "en-temp": "Your temporary password is: §pw§\nYou must change it on first login.",
    "en-pin-pass": "Username: jsmith\nPassword: §pw§\nURL: https://portal.example.com",
    "en-pw": "pw: §pw§",
    "en-passphrase": "ssh passphrase is §pw§",
    "en-zip": "the zip is encrypted, pwd = §pw§",
    "en-both": "ssh root@web1 (pw §pw§) then restart nginx",
    "en-set": "Set the password to '§pw§' for user alice",
    "en-md": "**Password:** `§pw§`",
    "en-table": "| user | password |\n|---|---|\n| alice | §pw§ |",
    "de-ist": "Das Passwort ist §pw§, bitte nicht weitergeben.",
    "de-kennwort": "Benutzer: admin\nKennwort: §pw§",
    "de-wlan": "Unser WLAN-Passwort lautet §pw§",
    "de-zugang": "Zugangsdaten: mmueller / Passwort §pw§",
    "fr-est": "Le mot de passe est §pw§, ne le partage pas.",
    "fr-mdp": "Identifiant : admin\nMot de passe : §pw§",
    "fr-short": "mdp: §pw§",
    "es-es": "La contraseña es §pw§, guárdala bien.",
    "es-clave": "Usuario: admin\nContraseña: §pw§",
    "es-wifi": "la clave del wifi es §pw§",
    "it-e": "La password è §pw§, non dirla a nessuno.",
    "it-parola": "Utente: admin\nParola d'ordine: §pw§",
    "pt-e": "A senha é §pw§, não conte para ninguém.",
    "pt-palavra": "Utilizador: admin\nPalavra-passe: §pw§",
    "pt-wifi": "senha do wifi: §pw§",
    "nl-is": "Het wachtwoord is §pw§, niet doorgeven.",
    "nl-colon": "Gebruiker: admin\nWachtwoord: §pw§",
    "pl-to": "Hasło to §pw§, nie podawaj nikomu.",
    "pl-colon": "Login: admin\nHasło: §pw§",
    "cs-je": "Heslo je §pw§, nikomu ho neříkej.",
    "cs-colon": "Uživatel: admin\nHeslo: §pw§",
    "sk-je": "Heslo je §pw§, nikomu ho nehovor.",
    "sv-ar": "Lösenordet är §pw§, dela det inte.",
    "sv-colon": "Användare: admin\nLösenord: §pw§",
    "da-er": "Adgangskoden er §pw§, del den ikke.",
    "da-colon": "Bruger: admin\nAdgangskode: §pw§",
    "no-er": "Passordet er §pw§, ikke del det.",
    "no-colon": "Bruker: admin\nPassord: §pw§",
    "fi-on": "Salasana on §pw§, älä jaa sitä.",
    "fi-colon": "Käyttäjä: admin\nSalasana: §pw§",
    "tr-colon": "Kullanıcı: admin\nŞifre: §pw§",
    "tr-parola": "wifi parolası: §pw§",
    "hu-colon": "Felhasználó: admin\nJelszó: §pw§",
    "hu-a": "A jelszó §pw§, ne add tovább.",
    "ro-este": "Parola este §pw§, nu o spune nimănui.",
    "ro-colon": "Utilizator: admin\nParolă: §pw§",
    "ru-dash": "Пароль: §pw§",
    "ru-vot": "Логин admin, пароль §pw§, зайди и проверь",
    "uk-colon": "Логін: admin\nПароль: §pw§",
    "uk-vid": "пароль від вайфаю §pw§",
    "bg-colon": "Потребител: admin\nПарола: §pw§",
    "el-einai": "Ο κωδικός πρόσβασης είναι §pw§",
    "el-colon": "Χρήστης: admin\nΚωδικός: §pw§",
    "zh-shi": "密码是§pw§，别告诉别人。",
    "zh-colon": "用户名：admin\n密码：§pw§",
    "zh-tw": "帳號 admin 密碼 §pw§",
    "zh-wifi": "WiFi密码为 §pw§",
    "ja-wa": "パスワードは§pw§です。",
    "ja-colon": "ユーザー名：admin\nパスワード：§pw§",
    "ko-neun": "비밀번호는 §pw§ 입니다.",
    "ko-colon": "아이디: admin\n비밀번호: §pw§",
    "ar-hiya": "كلمة المرور هي §pw§",
    "ar-colon": "اسم المستخدم: admin\nكلمة السر: §pw§",
    "he-hi": "הסיסמה היא §pw§",
    "he-colon": "משתמש: admin\nסיסמה: §pw§",
    "hi-hai": "पासवर्ड §pw§ है",
    "hi-colon": "उपयोगकर्ता: admin\nपासवर्ड: §pw§",
    "fa-ast": "رمز عبور §pw§ است",
    "vi-la": "Mật khẩu là §pw§, đừng cho ai biết.",
    "vi-colon": "Tài khoản: admin\nMật khẩu: §pw§",
    "id-adalah": "Kata sandi adalah §pw§, jangan dibagikan.",
    "id-colon": "Nama pengguna: admin\nKata sandi: §pw§",
    "th-khue": "รหัสผ่านคือ §pw§",
    "th-colon": "ผู้ใช้: admin\nรหัสผ่าน: §pw§",
    "bn-colon": "পাসওয়ার্ড: §pw§",
}


def rows(seed: int, count: int) -> Iterator[Row]:
    """`count` texts, half with a secret and half without, the same for the same seed."""
    random = Random(seed)
    tokens = tuple((f"token:{name}", (name,), index % 2 == 1) for index, name in enumerate(TOKENS))
    forms = tuple((name, text, index % 2 == 1) for index, (name, text) in enumerate(chain(_WRITTEN.items(), _SAID.items())))
    plain = tuple((name, text, index % 2 == 1) for index, (name, text) in enumerate(PLAIN.items()))
    for _ in range(count):
        share = random.random()
        if share < 0.15:
            name, (kind,), held_out = random.choice(tokens)
            text = random.choice(_CARRIERS).replace("§token§", TOKENS[kind](random))
            yield Row(text, frozenset({"secret"}), name, False, held_out)
        elif share < 0.5:
            name, text, held_out = random.choice(forms)
            yield Row(_filled(text, random, VALUES), frozenset({"secret"}), name, True, held_out)
        else:
            name, text, held_out = random.choice(plain)
            yield Row(_filled(text, random, VALUES), frozenset(), f"plain:{name}", True, held_out)


def _filled(text: str, random: Random, makers: Mapping[str, Callable[[Random], str]]) -> str:
    """The text with a fresh value in each slot."""
    return _SLOT.sub(lambda slot: makers[slot[1]](random), text)
