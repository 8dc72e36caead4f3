/**
 * The PJRT C interface as a table: the slot of each function, and the fields of its argument struct.
 *
 * PJRT ("pretty much just another runtime") is the C interface between XLA and any device. A plugin is one shared library with
 * one exported function, `GetPjrtApi()`, which returns the address of a long struct of function pointers. Every one
 * of these functions takes a single pointer to a struct of its own (`PJRT_Event_Await_Args`, …), which holds arguments and
 * receives results.
 *
 * On a 64-bit machine all of these structs are simply rows of 8-byte slots: pointers, `size_t` and `int64_t` fill a slot,
 * and an `int`, `bool` or `enum` is padded to one because a wider field follows. Slot 0 is the size of the struct in
 * bytes, slot 1 a list of extensions (null here), then come the fields below, in the order of `pjrt_c_api.h`. So a
 * `BigUint64Array` can hold one.
 *
 * Within major version 0 the interface only grows at its end: functions keep their slots, structs keep their fields.
 * Source: version 0.114.
 */

/** Function name (without `PJRT_`) to its slot in the table and the fields of its argument struct. */
export const functions = {
  Error_Destroy: [5, "error"],
  Error_Message: [6, "error", "message", "message_size"],
  Error_GetCode: [7, "error", "code"],

  Plugin_Initialize: [8],
  Plugin_Attributes: [9, "attributes", "num_attributes"],

  Event_Destroy: [10, "event"],
  Event_Await: [13, "event"],

  Client_Create: [
    15,
    "create_options",
    "num_options",
    "kv_get_callback",
    "kv_get_user_arg",
    "kv_put_callback",
    "kv_put_user_arg",
    "client",
  ],
  Client_Destroy: [16, "client"],
  Client_PlatformName: [17, "client", "platform_name", "platform_name_size"],
  Client_PlatformVersion: [19, "client", "platform_version", "platform_version_size"],
  Client_AddressableDevices: [21, "client", "addressable_devices", "num_addressable_devices"],
  Client_Compile: [25, "client", "program", "compile_options", "compile_options_size", "executable"],
  Client_BufferFromHostBuffer: [
    27,
    "client",
    "data",
    "type",
    "dims",
    "num_dims",
    "byte_strides",
    "num_byte_strides",
    "host_buffer_semantics",
    "device",
    "memory",
    "device_layout",
    "done_with_host_buffer",
    "buffer",
  ],

  DeviceDescription_Kind: [31, "device_description", "device_kind", "device_kind_size"],
  Device_GetDescription: [34, "device", "device_description"],
  Device_MemoryStats: [
    39,
    "device",
    "bytes_in_use",
    "peak_bytes_in_use",
    "peak_bytes_in_use_is_set",
    "num_allocs",
    "num_allocs_is_set",
    "largest_alloc_size",
    "largest_alloc_size_is_set",
    "bytes_limit",
    "bytes_limit_is_set",
  ],

  Executable_Destroy: [45, "executable"],
  Executable_NumOutputs: [49, "executable", "num_outputs"],
  Executable_OptimizedProgram: [53, "executable", "program"],
  Executable_Serialize: [
    54,
    "executable",
    "serialized_bytes",
    "serialized_bytes_size",
    "serialized_executable",
    "serialized_executable_deleter",
  ],
  LoadedExecutable_Destroy: [55, "executable"],
  LoadedExecutable_GetExecutable: [56, "loaded_executable", "executable"],
  LoadedExecutable_Execute: [
    60,
    "executable",
    "options",
    "argument_lists",
    "num_devices",
    "num_args",
    "output_lists",
    "device_complete_events",
    "execute_device",
  ],
  Executable_DeserializeAndLoad: [
    61,
    "client",
    "serialized_executable",
    "serialized_executable_size",
    "loaded_executable",
  ],

  Buffer_Destroy: [63, "buffer"],
  Buffer_ElementType: [64, "buffer", "type"],
  Buffer_Dimensions: [65, "buffer", "dims", "num_dims"],
  Buffer_IsDeleted: [73, "buffer", "is_deleted"],
  Buffer_ToHostBuffer: [75, "src", "host_layout", "dst", "dst_size", "event"],
  Buffer_ReadyEvent: [77, "buffer", "event"],

  Executable_GetCompiledMemoryStats: [
    101,
    "executable",
    "generated_code_size_in_bytes",
    "argument_size_in_bytes",
    "output_size_in_bytes",
    "alias_size_in_bytes",
    "temp_size_in_bytes",
  ],
} as const satisfies Record<string, readonly [number, ...string[]]>;

/** Structs that argument structs point to. They have the same two first slots, except for the nested layout. */
export const structs = {
  Program: ["code", "code_size", "format", "format_size"],
  NamedValue: ["name", "name_size", "type", "value", "value_size"],
  ExecuteOptions: [
    "send_callbacks",
    "recv_callbacks",
    "num_send_ops",
    "num_recv_ops",
    "launch_id",
    "non_donatable_input_indices",
    "num_non_donatable_input_indices",
  ],
  /** A dense layout: the struct `tiled` stands inside, with its own size and extension slots. */
  BufferMemoryLayout: [
    "tiled_size",
    "tiled_extensions",
    "minor_to_major",
    "minor_to_major_size",
    "tile_dims",
    "tile_dim_sizes",
    "num_tiles",
    "type",
  ],
} as const satisfies Record<string, readonly string[]>;

export type FunctionName = keyof typeof functions;
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;
/** The fields of a function's argument struct. */
export type FieldOf<N extends FunctionName> = Extract<Tail<(typeof functions)[N]>[number], string>;

/** The highest slot that this table uses: a plugin whose table is shorter is too old. */
export const lastSlot = Math.max(...Object.values(functions).map(([slot]) => slot));

/** Slots 2 to 4 of the table: the nested version struct, whose third slot holds two ints, major and minor. */
export const versionSlot = 4;

/** Element types (`PJRT_Buffer_Type`) of the engine's tensors, and their size in bytes. */
export const elementTypes = {
  bool: { code: 1, bytes: 1 },
  int32: { code: 4, bytes: 4 },
  int64: { code: 5, bytes: 8 },
  uint8: { code: 6, bytes: 1 },
  float32: { code: 11, bytes: 4 },
  float64: { code: 12, bytes: 8 },
  bfloat16: { code: 13, bytes: 2 },
} as const;

export type ElementType = keyof typeof elementTypes;

/** `PJRT_NamedValue_Type`: the type of the value slot of a named value. */
export const namedValueTypes = { string: 0, int64: 1, int64List: 2, float: 3, bool: 4 } as const;

/** Error codes are those of `absl::StatusCode`. */
export const errorCodes = [
  "ok",
  "cancelled",
  "unknown",
  "invalid argument",
  "deadline exceeded",
  "not found",
  "already exists",
  "permission denied",
  "out of memory",
  "failed precondition",
  "aborted",
  "out of range",
  "not implemented",
  "internal",
  "unavailable",
  "data loss",
  "unauthenticated",
] as const;

export type ErrorCode = (typeof errorCodes)[number];
