"""`policyroute schema`: the JSON Schema that editors and other tools check policies with."""

from __future__ import annotations

from typing import get_args

import click

from policyroute.cli.render import output_option, say, write_json
from policyroute.policy.schemas import Kind, reference, schema

EXAMPLES = """\b
Examples:
  policyroute schema                              the schema of policies
  policyroute schema tests > tests-v1.json        the schema of *_test.yaml
  policyroute schema policy --output markdown     a page with every key
"""


@click.command(epilog=EXAMPLES)
@click.argument("kind", type=click.Choice(get_args(Kind)), default="policy")
@output_option("json", "markdown")
def command(kind: Kind, form: str) -> None:
    """Print the JSON Schema (2020-12) of policies or of test files, or a page that lists every key.

    An editor that speaks YAML checks a file whose first line is
    `# yaml-language-server: $schema=` and the path of such a schema.
    """
    if form == "json":
        write_json(schema(kind))
    else:
        say(reference(kind).rstrip("\n"))
