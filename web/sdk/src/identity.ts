/** Where the identity's keys are kept. The default is IndexedDB; tests and unusual hosts may bring their own. */
export interface IdentityStore {
  /** The key pair kept here, or null at the first visit. */
  load(): Promise<CryptoKeyPair | null>
  /** Keeps the pair and answers the one that counts: the earlier one, where another page was first. */
  save(pair: CryptoKeyPair): Promise<CryptoKeyPair>
}
