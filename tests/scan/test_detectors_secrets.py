"""Secrets as people and programs write them. Secrets are written in pieces, and passwords are made up."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.sensitive.secret_texts import rows
from policyroute.scan.detectors import detect

PW = "fenix" + "2160"
LETTERS = "qRQds" + "AMtdltk"
R32 = "rhGMAlXmKDozqno" + "jEWM11HGgxRwzxMDE"
HEX40 = "1aecc72c5cf66fb222ec" + "2dfa5820fa8e6dd34439"
BASE64 = "zNrr+ZDRmDiw1+wLPpeB" + "jsuWxNutvhciltUjSkKyTGs="

SECRET = [
    # What stands between a key and its value
    f"DB_PASSWORD_PROD={PW}",
    f"Password (temporary):     {PW}",
    f'let api_key: &str = "{R32}";',
    f"private readonly secretKey: string = '{R32}';",
    f"CREATE LOGIN a WITH PASSWORD = N'{PW}'",
    f"define('DB_PASSWORD', '{PW}');",
    f'<add key="ApiSecret" value="{R32}" />',
    f"- name: DB_PASSWORD\n  value: {PW}",
    f'{{"name": "API_TOKEN", "value": "{R32}"}}',
    f"<td>Password</td><td>{PW}</td>",
    f"| user | password |\n|---|---|\n| ann | {PW} |",
    f"user,password\nann,{PW}",
    f"page.find('password').send_keys('{PW}')",
    f"APP_KEY=base64:{BASE64}",
    f"config.secret_key_base = '{HEX40}'",
    f"GET /maps?key={R32}",
    f"Authorization: {HEX40}",
    f"Fernet(b'{BASE64}')",
    # Commands and lines of files
    f"docker login -u ci -p {PW} registry.example.com",
    f"gpg --batch --passphrase {PW} -c a.txt",
    f"keytool -storepass {PW} -list",
    f"net user ann {PW} /add",
    f"machine h.example.com login ann password {LETTERS}",
    f"db1.example.com:5432:app:ann:{PW}",
    f"WIFI:T:WPA;S:Guest;P:{PW};;",
    f"jdbc:oracle:thin:app/{PW}@//db1:1521/X",
    # Sentences
    f"login with ann / {PW} and look",
    f"use {PW} as the root password",
    f"my password {PW} is not accepted",
    f"I changed the password of the router to {PW} today",
    f"user ann, pass {PW}",
    f"Zugangsdaten: ann / Passwort {PW}",
    f"la clave del wifi es {PW}",
    f"mot de passe wifi = {PW}",
    f"Le mdp du serveur, c'est {PW}",
    f"Parola d'ordine: {PW}",
    f"wifi parolası: {PW}",
    f"Palavra-passe: {PW}",
    f"Mật khẩu wifi là {PW}",
    f"пароль від вайфаю {PW}",
    f"Ο κωδικός πρόσβασης είναι {PW}",
    f"初始密码为{PW}，请修改",
    f"비밀번호는 {PW} 입니다",
    f"הסיסמה היא {PW}",
    f"รหัสผ่าน wifi คือ {PW}",
    # Others
    "Backup codes:\n1. clcef-41oo7\n2. 95fhu-jnbr8\n3. c155h-wa0iz",
    "my seed phrase: maple orbit velvet river copper lantern thunder pickle harbor marble falcon ginger",
    "---- BEGIN SSH2 ENCRYPTED " + f"PRIVATE KEY ----\n{R32}{R32}",
]

PLAIN = [
    "secret_arn: arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-HLbpqljmtW1C32kwAhn4n",
    "existingSecret: keycloak-db-secret-v12",
    "passwd:x:1000:1000",
    "user=bob action=change_password status=200 took=223ms",
    "password: op://vault/item1/password",
    "password=%(pw1)s&user=%(u)s",
    "SRP_user_pwd *SRP_VBASE_get1_by_user(SRP_VBASE *vb)",
    "The password is base64-encoded with SHA-256.",
    "password is 12-characters long",
    "password hash: $2b$12$" + R32,
    "Password policy version v2.1, ISO27001",
    '"password": "Passwort2 eingeben"',
    "'password' => 'required|min:8|confirmed'",
    "password = random_password.main.result",
    "cat password | base64",
    "CACHE_KEY=" + R32.lower(),
    "row key: 4775b480-a630-40f7-a516-5079fade70d1",
    "pass=1234567 fail=3",
    "the recovery codes are printed on page 12-34567",
    "密码：6-20位字母数字组合",
]


def secret(text: str) -> bool:
    return any(finding.kind.startswith("secret") for finding in detect(text))


@pytest.mark.parametrize("text", SECRET)
def test_a_secret_is_found(text: str) -> None:
    """In code, commands, files and sentences: a value that is no word, where a secret stands."""
    assert secret(text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_talks_of_secrets_is_not_one(text: str) -> None:
    """References, code, rules, names and figures about secrets hold none."""
    assert not secret(text)


@pytest.mark.parametrize("held_out", [False, True], ids=["seen", "held-out"])
def test_secrets_in_texts_that_nobody_wrote_the_detectors_for(held_out: bool) -> None:
    """Of seeded texts of many kinds, in the templates that were looked at and in those that never are."""
    found = Counter(("secret" in row.labels, secret(row.text)) for row in rows(17, 3000) if row.held_out == held_out)
    assert found[True, True] >= 0.93 * (found[True, True] + found[True, False])
    assert found[True, True] >= 0.98 * (found[True, True] + found[False, True])
