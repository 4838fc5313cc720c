/** The part of hash-wasm that PuTTY's key files need. */
declare module 'hash-wasm' {
  interface Argon2Options {
    readonly password: Uint8Array
    readonly salt: Uint8Array
    /** KiB. */
    readonly memorySize: number
    readonly iterations: number
    readonly parallelism: number
    readonly hashLength: number
    readonly outputType: 'binary'
  }
  export function argon2id(options: Argon2Options): Promise<Uint8Array>
  export function argon2i(options: Argon2Options): Promise<Uint8Array>
  export function argon2d(options: Argon2Options): Promise<Uint8Array>
}
