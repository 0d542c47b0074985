import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Patience, httpDate, retryAfter } from '../../../fixtures/clients/node/retry.js';

const told = (headers) => retryAfter(new Headers(headers));
const failure = (kind, wait) => ({ why: 'because', kind, retryAfter: wait });

test('waits double up to a limit, and chance only adds to them', () => {
  const waits = (chance) =>
    [1, 2, 3, 4, 9, 20].map((n) => new Patience(() => chance).waitSeconds(failure('absent'), n));
  assert.deepEqual(waits(0), [0.25, 0.5, 1, 2, 30, 30]);
  assert.deepEqual(waits(1), [0.3125, 0.625, 1.25, 2.5, 37.5, 37.5]);
});

test('a throttled call waits for a second at the least', () => {
  assert.deepEqual(
    [1, 2, 3].map((n) => new Patience(() => 0).waitSeconds(failure('throttled'), n)),
    [1, 2, 4],
  );
});

test('what Retry-After asks for is the least', () => {
  assert.equal(new Patience(() => 0).waitSeconds(failure('throttled', 7), 1), 7);
  assert.equal(new Patience(() => 0).waitSeconds(failure('throttled', 1), 3), 4);
});

test('one thing that is broken is given up sooner than all', () => {
  const patience = new Patience();
  assert.equal(patience.isOver(failure('broken'), 4), true);
  assert.equal(patience.isOver(failure('absent'), 5), false);
  assert.equal(patience.isOver(failure('absent'), 6), true);
});

test('Retry-After is seconds, or a date by the clock of whoever wrote it', () => {
  const Date = 'Fri, 27 Nov 2026 15:00:00 GMT';
  assert.equal(told({ 'Retry-After': '120' }), 120);
  assert.equal(told({ 'Retry-After': 'Fri, 27 Nov 2026 15:00:02 GMT', Date }), 2);
  assert.equal(told({ 'Retry-After': 'Fri, 27 Nov 2026 14:00:00 GMT', Date }), 0);
  assert.ok(told({ 'Retry-After': 'Fri, 27 Nov 2099 15:00:02 GMT' }) > 1e8);
});

test('a Retry-After that says nothing asks for nothing', () => {
  for (const text of ['soon', '-1', '1.5', '']) assert.equal(told({ 'Retry-After': text }), undefined);
  assert.equal(told({}), undefined);
  assert.equal(httpDate('2026-11-27T15:00:00Z'), undefined);
});
