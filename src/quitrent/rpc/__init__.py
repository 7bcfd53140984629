"""The rpc room: wire shapes and codes, and nothing else.

Owns: the two servicers, which convert in, call a use case and convert out; the gate that every
call passes (`gate`); which role may call what (`access`); errors as codes with details (`status`);
conversions between messages and domain values (`*_messages`).

Does not own: decisions of any kind; those are the services'.

Keeps true:

- Errors are looked for in the order that CatalogService's comment states: the key, the role, the
  bytes and fields, what is named, what may be changed, what fits.
- No reply holds the text of an exception that is not ours.
"""
