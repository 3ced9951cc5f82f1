import type { FieldEntries } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { RequestReport } from './report.ts';
import type { Service } from './service.ts';

/** The head as the guest sees it: the operator's fields in place of the client's, and the request's id. Many guests never look. */
export class GuestHead implements RequestHead {
  readonly #head: RequestHead;
  readonly #service: Service;
  readonly #report: RequestReport;
  #fields: FieldEntries | undefined;

  constructor(head: RequestHead, service: Service, report: RequestReport) {
    this.#head = head;
    this.#service = service;
    this.#report = report;
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

  get pathWithQuery(): string {
    return this.#head.pathWithQuery;
  }

  get fields(): FieldEntries {
    return (this.#fields ??= this.#replaceFields());
  }

  #replaceFields(): FieldEntries {
    const { requestFields } = this.#service;
    const isReplaced = (name: string): boolean =>
      name === 'x-request-id' || requestFields.some(([replacement]) => replacement === name);
    const kept = this.#head.fields.filter(([name]) => !isReplaced(name));
    return [...kept, ['x-request-id', this.#report.id], ...requestFields];
  }
}
