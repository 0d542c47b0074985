/** Parts of the client that answer from a list. */

/** A transport that answers reads from a list of pages, and keeps what was asked. */
export class FakeTransport {
  constructor(...answers) {
    this.answers = answers;
    this.asked = [];
    this.marketplaceTime = undefined;
  }

  async get(operation, path, query) {
    this.asked.push({ operation, path, query: { ...query } });
    const answer = this.answers.shift();
    if (answer instanceof Error) throw answer;
    this.marketplaceTime = answer.marketplaceTime;
    return answer;
  }
}

/** A state that nothing keeps. */
export class FakeState {
  kept = new Map();

  get(kind, name) {
    return this.kept.get(`${kind} ${name}`);
  }

  put(kind, name, value) {
    this.change([[kind, name, value]]);
  }

  drop(kind, name) {
    this.change([[kind, name]]);
  }

  change(changes) {
    for (const [kind, name, value] of changes) {
      if (value === undefined) this.kept.delete(`${kind} ${name}`);
      else this.kept.set(`${kind} ${name}`, value);
    }
  }

  names(kind) {
    return [...this.kept.keys()].filter((key) => key.startsWith(`${kind} `)).map((key) => key.slice(kind.length + 1));
  }
}

export const silent = { info() {}, warn() {} };
