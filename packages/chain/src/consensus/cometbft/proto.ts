/**
 * Protobuf messages as plain objects, described in code: each field with its number and kind, the type inferred from
 * that. The bytes are @bufbuild/protobuf's reader and writer. Descriptors in code need neither protoc nor a generator's
 * binary, and what a message may hold stands beside its type.
 *
 * @example
 * const echo = message({ message: text(1) })
 * const bytes = encode(echo, { message: 'hello' })
 */

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { messageOf, ok, type Result, refuse } from '@millrace/base'

/** A field's number, how its value is written and read, and what it is when absent. */
export interface Field<out T> {
  readonly number: number
  readonly initial: T
  /** Writes tag and value, a T; nothing where proto3 leaves the default out. */
  write(writer: BinaryWriter, value: unknown): void
  /** The field's value after one more occurrence on the wire; `before` is a T. */
  read(reader: BinaryReader, wire: WireType, before: unknown): T
}

type Fields = Readonly<Record<string, Field<unknown>>>
export interface Message<F extends Fields> {
  readonly fields: F
}

/** The object that a message's fields make. */
export type Of<M> =
  M extends Message<infer F> ? { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never } : never

export function message<F extends Fields>(fields: F): Message<F> {
  return { fields }
}

/** Unknown fields inside an unknown group are skipped this deep. */
const skipDepthMax = 16

/** Bytes of a message, fields in the order of their description; absent ones keep their defaults. */
export function encode<M extends Message<Fields>>(of: M, value: Partial<Of<M>>): Uint8Array {
  const writer = new BinaryWriter()
  writeFields(writer, of, value)
  return writer.finish()
}

/** Reads foreign bytes: unknown fields are skipped, as proto3 wants it; anything malformed is refused. */
export function decode<M extends Message<Fields>>(of: M, bytes: Uint8Array): Result<Of<M>, string> {
  try {
    return ok(readFields(of, new BinaryReader(bytes)))
  } catch (thrown) {
    return refuse(messageOf(thrown))
  }
}

function writeFields(writer: BinaryWriter, { fields }: Message<Fields>, value: object): void {
  for (const [name, field] of Object.entries(fields)) {
    const item: unknown = Reflect.get(value, name)
    if (item !== undefined) field.write(writer, item)
  }
}

function readFields<M extends Message<Fields>>({ fields }: M, reader: BinaryReader): Of<M> {
  const value: Record<string, unknown> = {}
  const byNumber = new Map<number, readonly [string, Field<unknown>]>()
  for (const [name, field] of Object.entries(fields)) {
    value[name] = field.initial
    byNumber.set(field.number, [name, field])
  }
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    const known = byNumber.get(number)
    if (known === undefined) {
      reader.skip(wire, number, skipDepthMax)
      continue
    }
    const [name, field] = known
    value[name] = field.read(reader, wire, value[name])
  }
  return value as Of<M> // every name of the description, each with its field's value
}

/** A value that fits one wire type. `isDefault` says what proto3 leaves out. */
function scalar<T>(
  wire: WireType,
  initial: T,
  put: (writer: BinaryWriter, value: T) => void,
  take: (reader: BinaryReader) => T,
  isDefault: (value: T) => boolean = (value) => value === initial,
) {
  return (number: number): Field<T> => ({
    number,
    initial,
    write(writer, item) {
      const value = item as T // Of gives the field's name this type
      if (!isDefault(value)) put(writer.tag(number, wire), value)
    },
    read(reader, found) {
      expectWire(number, found, wire)
      return take(reader)
    },
  })
}

function expectWire(number: number, found: WireType, wire: WireType): void {
  if (found !== wire) throw new TypeError(`field ${number} has wire type ${found}, expected ${wire}`)
}

const noBytes = new Uint8Array(0)

export const uint32 = scalar<number>(
  WireType.Varint,
  0,
  (writer, value) => writer.uint32(value),
  (reader) => reader.uint32(),
)
export const int32 = scalar<number>(
  WireType.Varint,
  0,
  (writer, value) => writer.int32(value),
  (reader) => reader.int32(),
)
export const int64 = scalar<bigint>(
  WireType.Varint,
  0n,
  (writer, value) => writer.int64(value),
  (reader) => BigInt(reader.int64()),
)
export const uint64 = scalar<bigint>(
  WireType.Varint,
  0n,
  (writer, value) => writer.uint64(value),
  (reader) => BigInt(reader.uint64()),
)
export const flag = scalar<boolean>(
  WireType.Varint,
  false,
  (writer, value) => writer.bool(value),
  (reader) => reader.bool(),
)
export const text = scalar<string>(
  WireType.LengthDelimited,
  '',
  (writer, value) => writer.string(value),
  (reader) => reader.string(),
)
export const bytes = scalar<Uint8Array>(
  WireType.LengthDelimited,
  noBytes,
  (writer, value) => writer.bytes(value),
  (reader) => reader.bytes(),
  (value) => value.length === 0,
)

/** A message within a message; undefined when absent. A second occurrence replaces the first. */
export function nested<M extends Message<Fields>>(number: number, of: M): Field<Of<M> | undefined> {
  return {
    number,
    initial: undefined,
    write(writer, value) {
      if (typeof value === 'object' && value !== null) writeNested(writer, number, of, value)
    },
    read(reader, wire) {
      expectWire(number, wire, WireType.LengthDelimited)
      return readFields(of, new BinaryReader(reader.bytes()))
    },
  }
}

/** A list of messages. */
export function list<M extends Message<Fields>>(number: number, of: M): Field<readonly Of<M>[]> {
  return repeated<Of<M>>(
    number,
    (writer, value) => writeNested(writer, number, of, value),
    (reader) => readFields(of, new BinaryReader(reader.bytes())),
  )
}

/** A list of byte strings, empty ones included. */
export function bytesList(number: number): Field<readonly Uint8Array[]> {
  return repeated<Uint8Array>(
    number,
    (writer, value) => writer.tag(number, WireType.LengthDelimited).bytes(value),
    (reader) => reader.bytes(),
  )
}

/** A list of strings. */
export function textList(number: number): Field<readonly string[]> {
  return repeated<string>(
    number,
    (writer, value) => writer.tag(number, WireType.LengthDelimited).string(value),
    (reader) => reader.string(),
  )
}

function repeated<T>(
  number: number,
  writeOne: (writer: BinaryWriter, value: T) => void,
  readOne: (reader: BinaryReader) => T,
): Field<readonly T[]> {
  return {
    number,
    initial: [],
    write(writer, items) {
      const values = items as readonly T[] // Of gives the field's name this type
      for (const value of values) writeOne(writer, value)
    },
    read(reader, wire, before) {
      expectWire(number, wire, WireType.LengthDelimited)
      return appended<T>(before, readOne(reader))
    },
  }
}

/** A list of numbers, packed as proto3 writes it; one at a time is read too. */
export function uint32List(number: number): Field<readonly number[]> {
  return {
    number,
    initial: [],
    write(writer, items) {
      const values = items as readonly number[] // Of gives the field's name this type
      if (values.length === 0) return
      writer.tag(number, WireType.LengthDelimited).fork()
      for (const value of values) writer.uint32(value)
      writer.join()
    },
    read(reader, wire, before) {
      if (wire === WireType.Varint) return appended<number>(before, reader.uint32())
      expectWire(number, wire, WireType.LengthDelimited)
      const packed = new BinaryReader(reader.bytes())
      let values: readonly number[] = Array.isArray(before) ? before : []
      while (packed.pos < packed.len) values = appended<number>(values, packed.uint32())
      return values
    },
  }
}

function writeNested(writer: BinaryWriter, number: number, of: Message<Fields>, value: object): void {
  writer.tag(number, WireType.LengthDelimited).fork()
  writeFields(writer, of, value)
  writer.join()
}

/** Grows in place: a list of many items must not be copied for each of them. */
function appended<T>(before: unknown, item: T): readonly T[] {
  if (!Array.isArray(before) || before.length === 0) return [item]
  before.push(item)
  return before
}
