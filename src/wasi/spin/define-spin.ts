import { definePackage } from '../define-package.ts';
import { toEncodedWit } from '../encoded-wit.ts';
import { ENCODED_SPIN } from './encoded-spin.ts';

/** Defines an interface of `fermyon:spin`, the host's part of the Spin framework. */
export const defineSpin = definePackage('fermyon:spin', '2.0.0', toEncodedWit('the WIT of fermyon:spin', ENCODED_SPIN));
