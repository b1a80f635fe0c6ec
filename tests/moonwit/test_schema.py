"""`moonwit schema`: what it prints for editors."""

import json


def test_a_schema_is_printed(moonwit):
    """The schema is JSON for people to read, the same each time, needs no project, and says which JSON Schema it is."""
    first, second = moonwit("schema"), moonwit("schema")
    assert (first.stderr, first.returncode) == ("", 0)
    assert first.stdout == second.stdout
    schema = json.loads(first.stdout)
    assert first.stdout == json.dumps(schema, indent=2) + "\n"
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "function.wat" in schema["definitions"]
