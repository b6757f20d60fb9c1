#!/usr/bin/env python3
"""Writes src/gen/ from the public lists of the OPC Foundation (repository UA-Nodeset, folder Schema, MIT).

    python3 tables.py SCHEMA        # a folder with Opc.Ua.Types.bsd, NodeIds.csv, StatusCode.csv

Numbers, names and the layout of structures are taken, and nothing else. The output is committed; a change here is followed by a run.
`src/gen/NOTICE` holds the notice that the lists ask for."""
import csv, os, re, sys
import xml.etree.ElementTree as ElementTree

SCHEMA = sys.argv[1]
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'src', 'gen')
OPC = '{http://opcfoundation.org/BinarySchema/}'
BUILT_IN = ['Null', 'Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double', 'String',
            'DateTime', 'Guid', 'ByteString', 'XmlElement', 'NodeId', 'ExpandedNodeId', 'StatusCode', 'QualifiedName',
            'LocalizedText', 'ExtensionObject', 'DataValue', 'Variant', 'DiagnosticInfo']
# How a member is encoded: a built-in type by its number, or one of these.
SECRET, CERTIFICATE, IDENTITY, TOKEN, ENUMERATION, STRUCTURE, BITS_8, BITS_16, BITS_32, BITS_64 = range(32, 42)
ARRAY = 128
# Members that are never printed or not printed as they are.
SPECIAL = {
    ('RequestHeader', 'AuthenticationToken'): TOKEN, ('CreateSessionResponse', 'AuthenticationToken'): TOKEN,
    ('UserNameIdentityToken', 'Password'): SECRET, ('IssuedIdentityToken', 'TokenData'): SECRET,
    ('OpenSecureChannelRequest', 'ClientNonce'): SECRET, ('OpenSecureChannelResponse', 'ServerNonce'): SECRET,
    ('ActivateSessionRequest', 'UserIdentityToken'): IDENTITY,
    ('CreateSessionRequest', 'ClientCertificate'): CERTIFICATE, ('CreateSessionResponse', 'ServerCertificate'): CERTIFICATE,
    ('EndpointDescription', 'ServerCertificate'): CERTIFICATE, ('X509IdentityToken', 'CertificateData'): CERTIFICATE,
    ('SessionSecurityDiagnosticsDataType', 'ClientCertificate'): CERTIFICATE,
}
# Data types without a layout of their own, and the built-in type that carries them (OPC 10000-3 8, OPC 10000-5 12.2).
CARRIED = {
    'Structure': 'ExtensionObject', 'BaseDataType': 'Variant', 'Number': 'Variant', 'Integer': 'Variant', 'UInteger': 'Variant',
    'Enumeration': 'Int32', 'Image': 'ByteString', 'ImageBMP': 'ByteString', 'ImageGIF': 'ByteString', 'ImageJPG': 'ByteString',
    'ImagePNG': 'ByteString', 'AudioDataType': 'ByteString', 'IntegerId': 'UInt32', 'Counter': 'UInt32', 'Duration': 'Double',
    'NumericRange': 'String', 'UtcTime': 'DateTime', 'LocaleId': 'String', 'ApplicationInstanceCertificate': 'ByteString',
    'SessionAuthenticationToken': 'NodeId', 'ContinuationPoint': 'ByteString', 'BitFieldMaskDataType': 'UInt64',
    'NormalizedString': 'String', 'DecimalString': 'String', 'DurationString': 'String', 'TimeString': 'String',
    'DateString': 'String', 'Index': 'UInt32', 'VersionTime': 'UInt32', 'UriString': 'String', 'SemanticVersionString': 'String',
    'EncodedTicket': 'String', 'Handle': 'UInt32', 'TrimmedString': 'String', 'Decimal': 'ExtensionObject',
    'RsaEncryptedSecret': 'ByteString', 'EccEncryptedSecret': 'ByteString', 'Union': 'ExtensionObject',
}
# Where structures are defined; those of a member are where its holder is.
CLAUSES = {
    'RequestHeader': '10000-4 7.32', 'ResponseHeader': '10000-4 7.33', 'SignatureData': '10000-4 7.36', 'ServiceFault': '10000-4 7.34',
    'ApplicationDescription': '10000-4 7.2', 'EndpointDescription': '10000-4 7.14', 'SignedSoftwareCertificate': '10000-4 7.37',
    'ViewDescription': '10000-4 7.44', 'ReferenceDescription': '10000-4 7.29', 'BrowseResult': '10000-4 7.6',
    'RelativePath': '10000-4 7.30', 'ReadValueId': '10000-4 7.28', 'MonitoringParameters': '10000-4 7.21',
    'DataChangeFilter': '10000-4 7.22.2', 'EventFilter': '10000-4 7.22.3', 'AggregateFilter': '10000-4 7.22.4',
    'SimpleAttributeOperand': '10000-4 7.7.4.5', 'AttributeOperand': '10000-4 7.7.4.4', 'LiteralOperand': '10000-4 7.7.4.3',
    'ElementOperand': '10000-4 7.7.4.2', 'ContentFilterElement': '10000-4 7.7.1', 'ContentFilter': '10000-4 7.7.1',
    'DataChangeNotification': '10000-4 7.25.2', 'EventNotificationList': '10000-4 7.25.3',
    'StatusChangeNotification': '10000-4 7.25.4', 'BuildInfo': '10000-5 12.4', 'ServerStatusDataType': '10000-5 12.10',
    'RolePermissionType': '10000-3 8.55', 'DataTypeDefinition': '10000-3 8.47', 'StructureDefinition': '10000-3 8.48',
    'EnumDefinition': '10000-3 8.50', 'StructureField': '10000-3 8.51', 'EnumField': '10000-3 8.52', 'Argument': '10000-3 8.6',
    'Range': '10000-8 5.6.2', 'EUInformation': '10000-8 5.6.3', 'AxisInformation': '10000-8 5.6.6', 'XVType': '10000-8 5.6.8',
}
for number, names in {
    '5.5': 'FindServers FindServersOnNetwork GetEndpoints RegisterServer RegisterServer2', '5.6': 'OpenSecureChannel CloseSecureChannel',
    '5.7': 'CreateSession ActivateSession CloseSession Cancel', '5.8': 'AddNodes AddReferences DeleteNodes DeleteReferences',
    '5.9': 'Browse BrowseNext TranslateBrowsePathsToNodeIds RegisterNodes UnregisterNodes', '5.10': '- QueryFirst QueryNext',
    '5.11': 'Read HistoryRead Write HistoryUpdate', '5.12': 'Call',
    '5.13': 'CreateMonitoredItems ModifyMonitoredItems SetMonitoringMode SetTriggering DeleteMonitoredItems',
    '5.14': 'CreateSubscription ModifySubscription SetPublishingMode Publish Republish TransferSubscriptions DeleteSubscriptions',
}.items():
    for place, name in enumerate(names.split(), 2):
        for side in ('Request', 'Response'): CLAUSES[name + side] = f'10000-4 {number}.{place}.2'
for name in ('ReadEventDetails ReadEventDetails2 ReadRawModifiedDetails ReadProcessedDetails ReadAtTimeDetails '
             'ReadAnnotationDataDetails HistoryData HistoryModifiedData HistoryEvent HistoryModifiedEvent UpdateDataDetails '
             'UpdateStructureDataDetails UpdateEventDetails DeleteRawModifiedDetails DeleteAtTimeDetails '
             'DeleteEventDetails').split(): CLAUSES[name] = '10000-11 6'
# The services that stacks are tested with were taken out of the list; some servers still answer them.
SCALARS = BUILT_IN[1:20] + BUILT_IN[25:26] + BUILT_IN[20:24]
TEST_STACK = {
    'EnumeratedTestType': None,
    'ScalarTestType': [(name, name, False) for name in SCALARS] + [('EnumeratedValue', 'EnumeratedTestType', False)],
    'ArrayTestType': [(name + 's', name, True) for name in SCALARS + ['Variant']] + [('EnumeratedValues', 'EnumeratedTestType', True)],
    'CompositeTestType': [('Field1', 'ScalarTestType', False), ('Field2', 'ArrayTestType', False)],
    'TestStackRequest': [('RequestHeader', 'RequestHeader', False), ('TestId', 'UInt32', False), ('Iteration', 'Int32', False),
                         ('Input', 'Variant', False)],
    'TestStackResponse': [('ResponseHeader', 'ResponseHeader', False), ('Output', 'Variant', False)],
    'TestStackExRequest': [('RequestHeader', 'RequestHeader', False), ('TestId', 'UInt32', False), ('Iteration', 'Int32', False),
                           ('Input', 'CompositeTestType', False)],
    'TestStackExResponse': [('ResponseHeader', 'ResponseHeader', False), ('Output', 'CompositeTestType', False)],
}
TEST_STACK_IDS = {'TestStackRequest': 410, 'TestStackResponse': 413, 'TestStackExRequest': 416, 'TestStackExResponse': 419}

# Structures of release 1.05.06 that the list does not have yet: named, and kept as bytes.
YOUNGER = (
    'BaseConfigurationDataType 16538 BaseConfigurationRecordDataType 16539 CertificateGroupDataType 16540 '
    'ConfigurationUpdateTargetType 16541 ApplicationIdentityDataType 16543 EndpointDataType 16544 '
    'ServerEndpointDataType 16545 SecuritySettingsDataType 16546 UserTokenSettingsDataType 16547 '
    'ActionTargetDataType 18598 PublishedActionDataType 18599 ActionMethodDataType 18600 SortRuleElement 18650 '
    'ReadEventDetailsSorted 18651 PublishedActionMethodDataType 18795 DtlsPubSubConnectionDataType 18930 '
    'LldpManagementAddressTxPortType 19079 LldpManagementAddressType 19080 LldpTlvType 19081 LogRecord 19379 '
    'LogRecordsDataType 19753 SpanContextDataType 19754 TraceContextDataType 19755 NameValuePair 19756 '
    'ServiceCertificateDataType 23725 ApplicationConfigurationDataType 23754 '
    'AuthorizationServiceConfigurationDataType 23755 NumberRange 24250 AliasNameVerboseDataType 24262 '
    'AliasCategoryUpdateDataType 24338 AliasUpdateDataType 24339 '
).split()


def head(subject): return (f'//! {subject}\n//!\n//! Made by `protocols/opcua/tables.py` from the lists of the OPC Foundation (see `NOTICE`). '
                           'Do not edit.\n\n')


def camel(name):
    """`NodeId` to `nodeId`, as OPC 10000-4 writes members; `URIs` to `uris`."""
    run = re.match(r'[A-Z]+', name)
    if not run: return name
    length = len(run[0])
    if length == 1 or length == len(name): return name[:length].lower() + name[length:]
    return name[:length - 1].lower() + name[length - 1:]


def rows(name): return csv.reader(open(os.path.join(SCHEMA, name), encoding='utf-8-sig'))


def digits(code): s = f'{code:08X}'; return f'0x{s[:4]}_{s[4:]}'


ids = [(row[0], int(row[1]), row[2]) for row in rows('NodeIds.csv') if len(row) == 3]
encodings = {number: m[1] for name, number, _ in ids if (m := re.fullmatch(r'(\w+)_Encoding_DefaultBinary', name))}
encodings.update({number: name for name, number in TEST_STACK_IDS.items()})
encodings.update({int(number): name for name, number in zip(YOUNGER[::2], YOUNGER[1::2])})
data_types = {number: name for name, number, kind in ids if kind == 'DataType'}

# Structures as (member, type, is an array), enumerations as (names by value, width in bits, is a set of flags).
structures, enumerations = {}, {'EnumeratedTestType': ({1: 'Red', 4: 'Yellow', 5: 'Green'}, 32, False)}
for element in ElementTree.parse(os.path.join(SCHEMA, 'Opc.Ua.Types.bsd')).getroot():
    name = element.get('Name')
    if element.tag == OPC + 'EnumeratedType':
        values = {int(v.get('Value')): v.get('Name') for v in element.findall(OPC + 'EnumeratedValue')}
        enumerations[name] = (values, int(element.get('LengthInBits')), element.get('IsOptionSet') == 'true')
    elif element.tag == OPC + 'StructuredType' and name in encodings.values():
        fields = element.findall(OPC + 'Field')
        assert not any(field.get('SwitchField') for field in fields), f'{name}: optional members are not written here'
        lengths = {field.get('LengthField') for field in fields} - {None}
        structures[name] = [(field.get('Name'), field.get('TypeName').split(':')[1].replace('CharArray', 'String'),
                             field.get('LengthField') is not None) for field in fields if field.get('Name') not in lengths]
structures.update({name: members for name, members in TEST_STACK.items() if members})
for name in encodings.values(): structures.setdefault(name, [])
for name, members in structures.items():
    for member, of, array in members:
        assert not array or structures.get(of) != [], f'{name}.{member}: elements without bytes could be any number'
structure_names, enumeration_names = sorted(structures), sorted(enumerations)
structure_at = {name: place for place, name in enumerate(structure_names)}
enumeration_at = {name: place for place, name in enumerate(enumeration_names)}


def kind(name):
    if name in BUILT_IN: return BUILT_IN.index(name), 0
    if name in enumerations:
        _, width, flags = enumerations[name]
        return ({8: BITS_8, 16: BITS_16, 32: BITS_32, 64: BITS_64}[width] if flags else ENUMERATION), enumeration_at[name]
    if name in structures: return STRUCTURE, structure_at[name]
    return BUILT_IN.index(CARRIED[name]), 0


names = sorted({*structure_names, *(camel(member) for members in structures.values() for member, _, _ in members),
                *enumeration_names, *(name for values, _, _ in enumerations.values() for name in values.values())})
name_at = {name: place for place, name in enumerate(names)}
clauses = [''] + sorted(set(CLAUSES[name] for name in structure_names if name in CLAUSES))
structure_rows, members, enumeration_rows, values = [], [], [], []
for name in structure_names:
    clause = clauses.index(CLAUSES.get(name, ''))
    structure_rows += [name_at[name], clause, len(members) // 3]
    for member, of, array in structures[name]:
        code, which = kind(of)
        code = SPECIAL.get((name, member), code)
        members += [name_at[camel(member)], code | (ARRAY if array else 0), which]
structure_rows += [0, 0, len(members) // 3]
for name in enumeration_names:
    enumeration_rows += [name_at[name], len(values) // 2]
    for value, text in sorted(enumerations[name][0].items()):
        assert value < 1 << 32
        values += [value, name_at[text]]
enumeration_rows += [0, len(values) // 2]
types = []
for number, name in sorted(data_types.items()):
    if name == 'Union' or name in structures or name in enumerations or name in BUILT_IN or name in CARRIED:
        types += [number, *kind(name)]

starts, pool = [0], ''
for name in names: pool += name; starts.append(len(pool))
assert len(pool) < 1 << 16


def table(out, doc, name, numbers, width='u16'):
    text = ', '.join(map(str, numbers))
    out.write(f'/// {doc}\npub(crate) static {name}: &[{width}] = &[{text}];\n\n')


with open(os.path.join(HERE, 'structures.rs'), 'w') as out:
    out.write(head('Structures and enumerations of namespace 0 (OPC 10000-6 annex A and C): layouts as rows of numbers.'))
    table(out, 'Binary encodings, sorted: id of the encoding node, row of the structure.', 'ENCODINGS',
          [number for code in sorted(encodings) for number in (code, structure_at[encodings[code]])])
    table(out, 'Data types, sorted: id of the data type, how it is encoded, row of structure or enumeration.', 'DATA_TYPES', types)
    table(out, 'Structures by name: name, clause, first member. The last row only ends the members.', 'STRUCTURES', structure_rows)
    table(out, 'Members in wire order: name, how it is encoded (128 for an array), row of structure or enumeration.', 'MEMBERS', members)
    table(out, 'Enumerations by name: name, first value. The last row only ends the values.', 'ENUMERATIONS', enumeration_rows)
    table(out, 'Values of enumerations, sorted within each: value, name.', 'VALUES', values, 'u32')
    clause_list = ', '.join('"OPC ' + clause + '"' if clause else '""' for clause in clauses)
    out.write('/// Where structures are defined.\npub(crate) static CLAUSES: &[&str] = &[' + clause_list + '];\n\n')
    for name in ['RequestHeader', 'ResponseHeader', 'ApplicationDescription', 'BuildInfo', 'ServerStatusDataType',
                 'UserNameIdentityToken', 'CreateSessionRequest', 'CreateSessionResponse', 'ActivateSessionRequest',
                 'GetEndpointsResponse', 'BrowseRequest', 'TranslateBrowsePathsToNodeIdsRequest']:
        constant = re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', name).upper()
        out.write(f'/// Row of {name}.\npub(crate) const {constant}: u16 = {structure_at[name]};\n')
    table(out, 'Where each name begins in the pool.', 'NAME_STARTS', starts)
    lines = [pool[at:at + 100] for at in range(0, len(pool), 100)]
    out.write('/// All names, each once.\npub(crate) static NAMES: &str = "\\\n' + ''.join(f'    {line}\\\n' for line in lines) + '    ";\n')

# Younger than the lists, or misspelt in them.
status = {0x40F2_0000: 'UncertainOverRange', 0x40F3_0000: 'UncertainUnderRange', 0x80F1_0000: 'BadTransactionFailed',
          0x8052_0000: 'BadSemaphoreFileMissing'}
for row in rows('StatusCode.csv'): status.setdefault(int(row[1], 16), row[0])
with open(os.path.join(HERE, 'status_codes.rs'), 'w') as out:
    out.write(head('Status codes and their names (OPC 10000-6 A.2).'))
    out.write('/// Sorted by code.\npub(crate) static STATUS_CODES: &[(u32, &str)] = &[\n')
    for code, name in sorted(status.items()): out.write(f'    ({digits(code)}, "{name}"),\n')
    out.write('];\n')
size = 2 * (2 * len(encodings) + len(types) + len(structure_rows) + len(members) + len(enumeration_rows) + len(starts)) + 4 * len(values)
print(f'{len(structures)} structures, {len(members) // 3} members, {len(enumerations)} enumerations, {len(names)} names; '
      f'{size} bytes of rows, {len(pool)} bytes of names')
