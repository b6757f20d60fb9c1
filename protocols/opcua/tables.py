#!/usr/bin/env python3
"""Writes src/gen/ from the public id lists of OPC 10000-6 annex A, as asyncua (PyPI) ships them.

    python3 tables.py            # with asyncua importable; then: cargo fmt -p tapglass-opcua

Only numbers and names are taken. The output is committed; a change here is followed by a run."""
import importlib.metadata, os, re

from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.status_codes import StatusCodes

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'src', 'gen')
HEAD = f'''//! {{subject}}
//!
//! Made by `protocols/opcua/tables.py` from the id lists that asyncua {importlib.metadata.version('asyncua')} ships. Do not edit.

'''


def public(cls): return {k: v for k, v in vars(cls).items() if isinstance(v, int) and not k.startswith('_')}


def digits(code): s = f'{code:08X}'; return f'0x{s[:4]}_{s[4:]}'


def write(name, subject, doc, table, rows):
    with open(os.path.join(HERE, name + '.rs'), 'w') as f:
        f.write(HEAD.format(subject=subject))
        f.write(f'/// {doc}\npub(crate) static {table}: &[(u32, &str)] = &[\n')
        for code, text in rows: f.write(f'    ({code}, "{text}"),\n')
        f.write('];\n')


status = {}
for k, v in public(StatusCodes).items(): status.setdefault(v, k)
write('status_codes', 'Status codes and their names (OPC 10000-6 A.2).', 'Sorted by code.', 'STATUS_CODES',
      [(digits(c), n) for c, n in sorted(status.items())])
encodings = {v: m[1] for k, v in public(ObjectIds).items() if (m := re.fullmatch(r'(\w+)_Encoding_DefaultBinary', k))}
write('encodings', 'Binary encodings of namespace 0 and the structures that they encode (OPC 10000-6 A.3).',
      'Sorted by the numeric id of the encoding node.', 'ENCODINGS', sorted(encodings.items()))
