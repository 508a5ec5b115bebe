// test.mjs - node:test, with an end to every test.
import nodeTest from 'node:test';
import { PATIENCE_MS } from './wait.mjs';

export function test(name, run) {
  nodeTest(name, { timeout: 4 * PATIENCE_MS }, run);
}
