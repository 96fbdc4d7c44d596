import grpc from '@grpc/grpc-js';
import providerService from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import pluginMessages from '@pulumi/pulumi/proto/plugin_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import struct from 'google-protobuf/google/protobuf/struct_pb.js';
import { inputOf } from './changes.ts';
import type { Diff, Failure, RecordingProvider } from './provider.ts';
import { mapParts, type Wire } from './wire.ts';

/** The state of 400 resources, and user data in them, is larger than gRPC's default of 4 MiB. */
const MESSAGE_BYTES = 400 * 1024 * 1024;

/** What the requests of a resource have in common. */
type Request = {
  getUrn(): string;
  getId(): string;
  getPreview(): boolean;
  getTok(): string;
} & Record<
  `get${'Olds' | 'News' | 'OldInputs' | 'Inputs' | 'Properties' | 'Args'}`,
  () => Struct | undefined
>;
type Struct = { toJavaScript(): object };
type Answer = (error: Partial<grpc.ServiceError> | null, value?: unknown) => void;

/** Serves a provider to the engine, on a port of its own that it prints, as every provider does. */
export async function serveRecording(provider: RecordingProvider): Promise<void> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES,
    'grpc.max_send_message_length': MESSAGE_BYTES,
  });
  const methods = Object.entries(methodsOf(provider)).map(([name, work]) => [name, answering(work)] as const);
  server.addService(providerService.ResourceProviderService, Object.fromEntries(methods));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  console.log(String(port));
}

function methodsOf(provider: RecordingProvider): Record<string, (request: Request) => unknown> {
  return {
    getPluginInfo: () => new pluginMessages.PluginInfo().setVersion(provider.version),
    getSchema: () => new messages.GetSchemaResponse().setSchema('{}'),
    attach: () => new empty.Empty(),
    cancel: () => new empty.Empty(),
    checkConfig: (request) => {
      const inputs = read(request.getNews());
      return checked({ inputs, failures: provider.checkConfig(inputs) });
    },
    configure: (request) => {
      provider.configure(read(request.getArgs()));
      return new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    },
    check: async (request) => {
      const olds = read(request.getOlds());
      const before = Object.keys(olds).length === 0 ? null : olds;
      return checked(
        await provider.check({ urn: request.getUrn(), olds: before, news: read(request.getNews()) }),
      );
    },
    diff: (request) =>
      diffed(
        provider.diff({
          urn: request.getUrn(),
          oldInputs: read(request.getOldInputs()),
          news: read(request.getNews()),
        }),
      ),
    create: async (request) => {
      const { id, properties } = await provider.create({
        urn: request.getUrn(),
        inputs: read(request.getProperties()),
        preview: request.getPreview(),
      });
      return new messages.CreateResponse().setId(id).setProperties(write(properties));
    },
    update: async (request) => {
      const properties = await provider.update({
        urn: request.getUrn(),
        id: request.getId(),
        oldInputs: read(request.getOldInputs()),
        olds: read(request.getOlds()),
        news: read(request.getNews()),
        preview: request.getPreview(),
      });
      return new messages.UpdateResponse().setProperties(write(properties));
    },
    read: async (request) => {
      const [urn, id] = [request.getUrn(), request.getId()];
      const [inputs, properties] = [read(request.getInputs()), read(request.getProperties())];
      const found = await provider.read({ urn, id, inputs, properties });
      const response = new messages.ReadResponse();
      // An empty id says that it is gone.
      if (found === null) return response;
      return response.setId(id).setInputs(write(found.inputs)).setProperties(write(found.properties));
    },
    delete: async (request) => {
      const properties = read(request.getProperties());
      await provider.delete({ urn: request.getUrn(), id: request.getId(), properties });
      return new empty.Empty();
    },
    invoke: async (request) =>
      new messages.InvokeResponse().setReturn(
        write(await provider.invoke(request.getTok(), read(request.getArgs()))),
      ),
  };
}

/** The engine gets what throws as the resource's or the function's error, without a stack. */
function answering(work: (request: Request) => unknown) {
  return (call: { request: Request }, callback: Answer) => {
    // In a promise, so that what throws at once is answered too.
    Promise.resolve(call.request)
      .then(work)
      .then(
        (value) => callback(null, value),
        (error: unknown) =>
          callback({
            code: grpc.status.UNKNOWN,
            details: error instanceof Error ? error.message : String(error),
          }),
      );
  };
}

function checked({ inputs, failures }: { inputs: Wire; failures: Failure[] }) {
  const list = failures.map(({ property, reason }) =>
    new messages.CheckFailure().setProperty(property).setReason(reason),
  );
  return new messages.CheckResponse().setInputs(write(inputs)).setFailuresList(list);
}

const KINDS = {
  add: [messages.PropertyDiff.Kind.ADD, messages.PropertyDiff.Kind.ADD_REPLACE],
  delete: [messages.PropertyDiff.Kind.DELETE, messages.PropertyDiff.Kind.DELETE_REPLACE],
  update: [messages.PropertyDiff.Kind.UPDATE, messages.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffed({ changes, deleteBeforeReplace }: Diff) {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  const inputs = (of: Diff['changes']) => [...new Set(of.map(({ path }) => inputOf(path)))];
  const response = new messages.DiffResponse()
    .setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(inputs(changes))
    .setReplacesList(inputs(changes.filter(({ replaces }) => replaces)))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const { path, kind, replaces } of changes) {
    const change = new messages.PropertyDiff().setKind(KINDS[kind][replaces ? 1 : 0]).setInputdiff(true);
    response.getDetaileddiffMap().set(path, change);
  }
  return response;
}

function read(value: Struct | undefined): Wire {
  return (value?.toJavaScript() ?? {}) as Wire;
}

function write(value: Wire): InstanceType<typeof struct.Struct> {
  return struct.Struct.fromJavaScript(defined(value) as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}

/** The wire has no `undefined`. */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => defined(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return mapParts(
    Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)),
    defined,
  );
}
