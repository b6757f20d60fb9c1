// A node-opcua server with variables and a method, with and without message security. Arguments: address, port.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEERS_NODE}/`);
const { OPCUACertificateManager, OPCUAServer, StatusCodes, Variant, VariantArrayType, DataType } = require('node-opcua');
const [, , address, port] = process.argv;

const server = new OPCUAServer({
  port: Number(port),
  hostname: address,
  alternateHostname: [address],
  resourcePath: '/UA/plant',
  serverCertificateManager: new OPCUACertificateManager({
    automaticallyAcceptUnknownCertificate: true,
    rootFolder: `${process.env.PEERS_NODE}/pki-server`,
  }),
});
await server.initialize();
const space = server.engine.addressSpace;
const namespace = space.getOwnNamespace();
const boiler = namespace.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Boiler1', nodeId: 's=Boiler1' });

function variable(name, kind, start, list = false) {
  let value = start;
  const arrayType = list ? VariantArrayType.Array : VariantArrayType.Scalar;
  namespace.addVariable({
    componentOf: boiler,
    browseName: name,
    nodeId: `s=Boiler1.${name}`,
    dataType: kind,
    valueRank: list ? 1 : -1,
    arrayDimensions: list ? [0] : undefined,
    minimumSamplingInterval: 50,
    value: {
      get: () => new Variant({ dataType: DataType[kind], arrayType, value }),
      set: (variant) => ((value = variant.value), StatusCodes.Good),
    },
  });
}

variable('Temperature', 'Double', 180);
variable('Setpoint', 'Double', 185);
variable('Valve', 'Boolean', false);
variable('Mode', 'Int32', 2);
variable('Recipe', 'String', 'A');
variable('Big', 'Double', Float64Array.from({ length: 30_000 }, (_, place) => place), true);
variable('Firmware', 'ByteString', Buffer.alloc(1000));
const reset = namespace.addMethod(boiler, {
  browseName: 'Reset',
  nodeId: 's=Boiler1.Reset',
  inputArguments: [{ name: 'number', dataType: DataType.Int32 }, { name: 'reason', dataType: DataType.String }],
  outputArguments: [{ name: 'next', dataType: DataType.Int32 }],
});
reset.bindMethod((given, context, done) =>
  done(null, { statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.Int32, value: given[0].value + 1 }] }),
);
await server.start();
process.on('SIGTERM', async () => {
  await server.shutdown(50);
  process.exit(0);
});
