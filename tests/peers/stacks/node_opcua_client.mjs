// A node-opcua client. Arguments: address, port, path, security (None, Sign), namespace of the boiler.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEERS_NODE}/`);
const opcua = require('node-opcua');
const { AttributeIds, ClientMonitoredItem, ClientSubscription, DataType, MessageSecurityMode, OPCUACertificateManager } = opcua;
const { OPCUAClient, SecurityPolicy, TimestampsToReturn, Variant, VariantArrayType } = opcua;
const [, , address, port, path, security, namespace] = process.argv;
const now = () => Date.now() * 1_000_000;
const id = (name) => `ns=${namespace};s=Boiler1.${name}`;

function say(operation, start, members) {
  const line = { t_start_ns: start, t_end_ns: now() + 1_000_000, proto: 'opcua', op: operation, side: 'client', ...members };
  appendFileSync(process.env.SAID, `${JSON.stringify(line)}\n`);
}

async function perform(operation, service, members, act) {
  const start = now();
  let result;
  try {
    result = String(await act()).slice(0, 200);
  } catch (error) {
    result = `Bad: ${error.message}`.slice(0, 200);
  }
  say(operation, start, { service, ...members, result });
}

const client = OPCUAClient.create({
  applicationName: 'peer',
  endpointMustExist: false,
  securityMode: MessageSecurityMode[security],
  securityPolicy: security === 'None' ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256,
  connectionStrategy: { maxRetry: 1 },
  clientCertificateManager: new OPCUACertificateManager({
    automaticallyAcceptUnknownCertificate: true,
    rootFolder: `${process.env.PEERS_NODE}/pki-client`,
  }),
});
await client.connect(`opc.tcp://${address}:${port}${path}`);
const session = await client.createSession();
const attributeId = AttributeIds.Value;

const read = (name) =>
  perform(`read ${name}`, 'Read', { node: id(name) }, async () => {
    const answer = await session.read({ nodeId: id(name), attributeId });
    return answer.value?.value?.length > 1000 ? answer.value.value.length : answer.value?.value;
  });
function write(name, kind, value, members = { value }) {
  const list = value instanceof Float64Array;
  const variant = new Variant({ dataType: DataType[kind], arrayType: list ? VariantArrayType.Array : VariantArrayType.Scalar, value });
  return perform(`write ${name}`, 'Write', { node: id(name), ...members }, () =>
    session.write({ nodeId: id(name), attributeId, value: { value: variant } }),
  );
}

for (const name of ['Temperature', 'Setpoint', 'Valve', 'Mode', 'Recipe']) await read(name);
for (const value of [186, 199.5, -260]) await write('Setpoint', 'Double', value);
await write('Valve', 'Boolean', true);
await write('Mode', 'Int32', 0);
await write('Recipe', 'String', 'B');
await write('Nope', 'Int32', 0);
const subscription = ClientSubscription.create(session, {
  requestedPublishingInterval: 100,
  requestedLifetimeCount: 100,
  requestedMaxKeepAliveCount: 10,
  publishingEnabled: true,
});
let changes = 0;
for (const name of ['Temperature', 'Setpoint']) {
  const item = { nodeId: id(name), attributeId };
  ClientMonitoredItem.create(subscription, item, { samplingInterval: 50, queueSize: 5 }, TimestampsToReturn.Both).on('changed', () => (changes += 1));
}
await new Promise((resolve) => setTimeout(resolve, 1500));
await write('Setpoint', 'Double', 190);
await new Promise((resolve) => setTimeout(resolve, 700));
await perform('unsubscribe', 'DeleteSubscriptions', {}, () => subscription.terminate());
say('notifications', now(), { data_changes: changes });
await perform('call', 'Call', { method: 'Reset', args: [5, 'node'] }, async () => {
  const inputArguments = [{ dataType: DataType.Int32, value: 5 }, { dataType: DataType.String, value: 'node' }];
  return (await session.call({ objectId: `ns=${namespace};s=Boiler1`, methodId: id('Reset'), inputArguments })).statusCode;
});
await read('Big');
await write('Big', 'Double', Float64Array.from({ length: 30_000 }, (_, place) => 2 * place), { value_len: 30_000 });
await write('Firmware', 'ByteString', Buffer.alloc(153_600, 9), { value_len: 153_600 });
await session.close();
await client.disconnect();
process.exit(0);
