import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TokenCache } from '../../../fixtures/clients/node/credentials.js';
import { CannotGoOn, Refused } from '../../../fixtures/clients/node/errors.js';
import { Transport } from '../../../fixtures/clients/node/transport.js';

const refusal = (status, code = '') => new Refused({ status, code, detail: '', requestId: '', retryable: false });
const SETTINGS = { baseUrl: 'http://marketplace.test/v1', clientId: 'chain', clientSecret: 's3:cret', clockScale: 1 };

/** A sender that hands out tokens by number, and lets in whoever has one that is good. */
function senderOf({ good = () => true, expires = 3600 } = {}) {
  const sender = { tokens: 0, asked: [] };
  sender.send = async (call, credential) => {
    sender.asked.push({ ...call, credential });
    await null;
    if (call.operation === 'createToken') {
      sender.tokens += 1;
      return { body: { access_token: `t${sender.tokens}`, expires_in: expires } };
    }
    if (!good(credential.Authorization)) throw refusal(401, 'TOKEN_EXPIRED');
    return { body: {} };
  };
  return sender;
}

function clientOf(sender, clock = { now: () => 0 }, settings = SETTINGS) {
  return new Transport(settings.baseUrl, sender, new TokenCache(sender, clock, settings));
}

test('calls that come together wait for one token', async () => {
  const sender = senderOf();
  const client = clientOf(sender);
  await Promise.all([1, 2, 3].map(() => client.get('listOrders', 'orders')));
  assert.equal(sender.tokens, 1);
});

test('calls that are refused together ask for one new token', async () => {
  const sender = senderOf({ good: (header) => header !== 'Bearer t1' });
  const client = clientOf(sender);
  await Promise.all([1, 2, 3].map(() => client.get('listOrders', 'orders')));
  assert.equal(sender.tokens, 2);
});

test('a token is renewed before it ends, in the time of the marketplace', async () => {
  let now = 0;
  const sender = senderOf();
  const client = clientOf(sender, { now: () => now }, { ...SETTINGS, clockScale: 60 });
  for (const [at, tokens] of [
    [0, 1],
    [47, 1],
    [49, 2],
  ]) {
    now = at;
    await client.get('listOrders', 'orders');
    assert.equal(sender.tokens, tokens, `after ${at} seconds`);
  }
});

test('tokens that are all refused are not asked for without end', async () => {
  const sender = senderOf({ good: () => false });
  const client = clientOf(sender);
  await assert.rejects(client.get('listOrders', 'orders'), Refused);
  assert.equal(sender.tokens, 3);
  await assert.rejects(client.get('listOrders', 'orders'), CannotGoOn);
  assert.equal(sender.tokens, 5);
});

test('a secret that is refused is not tried again, and is nowhere but in a header of the token request', async () => {
  const asked = [];
  const sender = {
    send: async (call, credential) => {
      asked.push({ call, credential });
      throw refusal(401);
    },
  };
  await assert.rejects(clientOf(sender).get('listOrders', 'orders'), /look at ACORN_CLIENT_ID/);
  assert.equal(asked.length, 1);
  assert.ok(!JSON.stringify(asked[0].call).includes('s3'));
  assert.equal(asked[0].credential.Authorization, `Basic ${Buffer.from('chain:s3%3Acret').toString('base64')}`);
});
