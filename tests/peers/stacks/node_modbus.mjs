// Two Modbus clients for Node.js: modbus-serial waits for each answer, jsmodbus sends requests in a pipeline.
// Arguments: modbus-serial or jsmodbus, address, port. PEERS_NODE is the folder with node_modules.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';

const require = createRequire(`${process.env.PEERS_NODE}/`);
const [, , stack, address, port] = process.argv;
// The clock counts milliseconds: what happened in the one before and after it must not be left out.
const now = () => Date.now() * 1_000_000;

async function perform(operation, fc, members, act) {
  const start = now();
  let result;
  try {
    result = { ok: true, ...((await act()) ?? {}) };
  } catch (error) {
    const code = error.modbusCode ?? error.response?.body?.code;
    result = code ? { exception_code: code } : { error: String(error.message ?? error) };
  }
  const line = { t_start_ns: start, t_end_ns: now() + 1_000_000, proto: 'modbus', op: operation, fc, unit: 1, ...members, result };
  appendFileSync(process.env.SAID, `${JSON.stringify(line)}\n`);
}

const numbers = (bits, count) => bits.slice(0, count).map(Number);

async function oneByOne() {
  const Client = require('modbus-serial');
  const client = new Client();
  await client.connectTCP(address, { port: Number(port) });
  client.setID(1);
  client.setTimeout(2000);
  const registers = async (answer) => ({ registers: (await answer).data });
  for (const count of [1, 9, 16]) {
    await perform('coils', 1, { address: 0, count }, async () => ({ bits: numbers((await client.readCoils(0, count)).data, count) }));
  }
  await perform('inputs', 2, { address: 5, count: 3 }, async () => ({ bits: numbers((await client.readDiscreteInputs(5, 3)).data, 3) }));
  for (const count of [1, 10, 125]) {
    await perform('registers', 3, { address: 7, count }, () => registers(client.readHoldingRegisters(7, count)));
  }
  await perform('input registers', 4, { address: 10, count: 4 }, () => registers(client.readInputRegisters(10, 4)));
  await perform('coil', 5, { address: 8, values: [1] }, async () => void (await client.writeCoil(8, true)));
  await perform('register', 6, { address: 50, values: [321] }, async () => void (await client.writeRegister(50, 321)));
  await perform('coils', 15, { address: 30, values: [1, 0, 1] }, async () => void (await client.writeCoils(30, [true, false, true])));
  await perform('registers', 16, { address: 55, values: [1, 2, 3, 4] }, async () => void (await client.writeRegisters(55, [1, 2, 3, 4])));
  await perform('illegal', 3, { address: 65000, count: 2 }, () => registers(client.readHoldingRegisters(65000, 2)));
  client.close(() => process.exit(0));
}

async function pipelined() {
  const { client: clients } = require('jsmodbus');
  const socket = connect({ host: address, port: Number(port) });
  const client = new clients.TCP(socket, 1, 3000);
  await new Promise((resolve) => socket.once('connect', resolve));
  const values = async (answer) => ({ registers: Array.from((await answer).response.body.valuesAsArray) });
  for (let round = 0; round < 5; round += 1) {
    await Promise.all([
      perform('registers', 3, { address: round, count: 5 }, () => values(client.readHoldingRegisters(round, 5))),
      perform('register', 6, { address: 60, values: [777 + round] }, async () => void (await client.writeSingleRegister(60, 777 + round))),
      perform('coil', 5, { address: 4, values: [1] }, async () => void (await client.writeSingleCoil(4, true))),
      perform('several', 16, { address: 61, values: [5, 6, round] }, async () => void (await client.writeMultipleRegisters(61, [5, 6, round]))),
      perform('coils', 15, { address: 70, values: [1, 1, 0, 1] }, async () => void (await client.writeMultipleCoils(70, [true, true, false, true]))),
      perform('illegal', 1, { address: 64000, count: 3 }, async () => void (await client.readCoils(64000, 3))),
    ]);
  }
  socket.end();
}

await (stack === 'jsmodbus' ? pipelined() : oneByOne());
