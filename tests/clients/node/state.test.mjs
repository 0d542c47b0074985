import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { CannotGoOn } from '../../../fixtures/clients/node/errors.js';
import { State } from '../../../fixtures/clients/node/state.js';

let folder;
let path;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
  path = join(folder, 'kept.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what was kept is there after a restart, and what was dropped is not', () => {
  const before = new State(path);
  before.put('pending', 'a', { name: 'Zoë ×2 🏪' });
  before.put('pending', 'b', 1);
  before.put('pending', 'b', 2);
  before.put('orders', 'c', true);
  before.drop('orders', 'c');
  const after = new State(path);
  assert.deepEqual(after.get('pending', 'a'), { name: 'Zoë ×2 🏪' });
  assert.deepEqual(after.names('pending'), ['a', 'b']);
  assert.equal(after.get('pending', 'b'), 2);
  assert.deepEqual(after.names('orders'), []);
});

test('a line that was torn by a kill is as if it had not been written', () => {
  new State(path).put('a', 'whole', 1);
  appendFileSync(path, '[["a","torn",');
  const after = new State(path);
  assert.deepEqual(after.names('a'), ['whole']);
  after.put('a', 'next', 1);
  assert.deepEqual(new State(path).names('a'), ['whole', 'next']);
});

test('changes are kept together', () => {
  new State(path).change([
    ['a', 'x', 1],
    ['a', 'y', 2],
    ['a', 'x'],
  ]);
  assert.deepEqual(new State(path).names('a'), ['y']);
  assert.equal(readFileSync(path, 'utf8').split('\n').length, 2);
});

test('what says nothing any more is forgotten while it runs', () => {
  const state = new State(path);
  for (let n = 0; n <= 20_000; n += 1) state.put('a', 'x', n);
  assert.equal(readFileSync(path, 'utf8'), '[["a","x",20000]]\n');
  state.put('a', 'y', 1);
  assert.deepEqual(new State(path).names('a'), ['x', 'y']);
});

test('a file that is something else is left as it is', () => {
  writeFileSync(path, 'a letter\nto somebody\n');
  assert.throws(() => new State(path), CannotGoOn);
  assert.throws(() => new State(folder), CannotGoOn);
  assert.equal(readFileSync(path, 'utf8'), 'a letter\nto somebody\n');
});
