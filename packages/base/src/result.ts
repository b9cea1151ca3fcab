/** A value or a typed refusal: what a decoder of foreign bytes returns instead of throwing. */

export type Result<T, E> = Ok<T> | Refusal<E>
export type Ok<T> = { readonly ok: true; readonly value: T }
export type Refusal<E> = { readonly ok: false; readonly error: E }

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value }
}

export function refuse<E>(error: E): Refusal<E> {
  return { ok: false, error }
}
