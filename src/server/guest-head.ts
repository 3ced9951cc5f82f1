import type { FieldEntries } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { RequestScope } from './request-scope.ts';

/** The head as the guest sees it: the operator's fields in place of the client's, and the request's id. Made when the guest reads it, which many never do. */
export class GuestHead implements RequestHead {
  readonly #head: RequestHead;
  readonly #scope: RequestScope;
  #fields: FieldEntries | undefined;

  constructor(scope: RequestScope) {
    this.#head = scope.exchange.head;
    this.#scope = scope;
  }

  get method(): string {
    return this.#head.method;
  }

  get scheme(): RequestHead['scheme'] {
    return this.#head.scheme;
  }

  get authority(): string {
    return this.#head.authority;
  }

  get pathWithQuery(): string | undefined {
    return this.#head.pathWithQuery;
  }

  get fields(): FieldEntries {
    return (this.#fields ??= this.#replaceFields());
  }

  #replaceFields(): FieldEntries {
    const { service, report } = this.#scope;
    const { requestFields } = service;
    const isReplaced = (name: string): boolean =>
      name === 'x-request-id' || requestFields.some(([replacement]) => replacement === name);
    const kept = this.#head.fields.filter(([name]) => !isReplaced(name));
    return [...kept, ['x-request-id', report.id], ...requestFields];
  }
}
