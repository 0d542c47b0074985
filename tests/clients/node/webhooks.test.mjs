import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { Webhooks, isSigned } from '../../../fixtures/clients/node/webhooks.js';
import { FakeState, silent } from './fake.mjs';

const SECRET = `whsec_${Buffer.from('twenty-four secret bytes').toString('base64')}`;
const seconds = () => Math.floor(Date.now() / 1000);

function signed(body, { id = 'evt_1', at = seconds(), secret = 'twenty-four secret bytes' } = {}) {
  const code = createHmac('sha256', Buffer.from(secret)).update(`${id}.${at}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${code}` };
}

async function receiver(act) {
  const state = new FakeState();
  const heard = [];
  const transport = { write: async () => ({ body: { subscriptionId: 'sub_1', secret: SECRET } }) };
  const webhooks = new Webhooks({ transport, state, log: silent, tally: { add() {} } }, (type) => heard.push(type));
  await webhooks.listen('127.0.0.1', 0);
  await webhooks.subscribe();
  const { port } = state.get('subscription', 'own');
  const send = async (body, headers) =>
    (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers })).status;
  try {
    await act(send, heard);
  } finally {
    webhooks.close();
  }
}

const BODY = '{"type":"order.created","data":{"orderId":"ord_1"}}';

test('an event is taken once, however often it comes', async () => {
  await receiver(async (send, heard) => {
    assert.deepEqual([await send(BODY, signed(BODY)), await send(BODY, signed(BODY))], [204, 204]);
    assert.deepEqual(heard, ['order.created']);
  });
});

test('what is forged, altered or old is turned away', async () => {
  await receiver(async (send, heard) => {
    const forgeries = [
      [BODY, {}],
      [BODY, signed(BODY, { secret: 'another secret' })],
      [BODY.replace('ord_1', 'ord_2'), signed(BODY)],
      [BODY, signed(BODY, { at: seconds() - 3600 })],
      [BODY, { ...signed(BODY), 'webhook-id': 'evt_2' }],
      [BODY, { ...signed(BODY), 'webhook-signature': 'v1,' }],
    ];
    for (const [body, headers] of forgeries) assert.equal(await send(body, headers), 401);
    assert.deepEqual(heard, []);
  });
});

test('what is too large is not read to its end', async () => {
  await receiver(async (send) => {
    const body = 'x'.repeat(70_000);
    assert.equal(await send(body, signed(body)), 413);
  });
});

test('one good signature among several is enough, while secrets change', () => {
  const now = seconds();
  const good = signed(BODY, { at: now });
  const headers = { ...good, 'webhook-signature': `v1,AAAA v2,x ${good['webhook-signature']}` };
  assert.equal(isSigned(headers, Buffer.from(BODY), SECRET, now), true);
});
