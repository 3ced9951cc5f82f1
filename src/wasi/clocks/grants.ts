/** What a guest is granted of `wasi:clocks`. */
export interface ClocksGrants {
  /** `coarse`: time stands still while the guest runs. Default `exact`. */
  readonly clock?: 'exact' | 'coarse';
}

export function grantClocks({ clock }: Required<ClocksGrants>): ClocksGrants {
  return { clock };
}
