import grpc from '@grpc/grpc-js';
import providerService from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import messages from '@pulumi/pulumi/proto/provider_pb.js';
import pluginMessages from '@pulumi/pulumi/proto/plugin_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import struct from 'google-protobuf/google/protobuf/struct_pb.js';
import type { Failure, PropertyChange, RecordingProvider, Wire } from './provider.ts';

/** The state of 400 resources, and user data in them, is larger than gRPC's default of 4 MiB. */
const MESSAGE_BYTES = 400 * 1024 * 1024;

type Answer<T> = (error: Partial<grpc.ServiceError> | null, value?: T) => void;

/** Serves a provider to the engine, on a port of its own that it prints, as every provider does. */
export async function serveRecording(provider: RecordingProvider): Promise<void> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES,
    'grpc.max_send_message_length': MESSAGE_BYTES,
  });
  server.addService(providerService.ResourceProviderService, implementation(provider));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  console.log(String(port));
}

function implementation(provider: RecordingProvider): grpc.UntypedServiceImplementation {
  return {
    getPluginInfo: answering(() =>
      Promise.resolve(new pluginMessages.PluginInfo().setVersion(provider.version)),
    ),
    getSchema: answering(() => Promise.resolve(new messages.GetSchemaResponse().setSchema('{}'))),
    attach: answering(() => Promise.resolve(new empty.Empty())),
    cancel: answering(() => Promise.resolve(new empty.Empty())),
    checkConfig: answering((request: InstanceType<typeof messages.CheckRequest>) => {
      const news = read(request.getNews());
      return Promise.resolve(checked(news, provider.checkConfig(news)));
    }),
    configure: answering(async (request: InstanceType<typeof messages.ConfigureRequest>) => {
      await provider.configure(read(request.getArgs()));
      return new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    }),
    check: answering(async (request: InstanceType<typeof messages.CheckRequest>) => {
      const olds = read(request.getOlds());
      const { inputs, failures } = await provider.check({
        urn: request.getUrn(),
        olds: Object.keys(olds).length === 0 ? null : olds,
        news: read(request.getNews()),
      });
      return checked(inputs, failures);
    }),
    diff: answering(async (request: InstanceType<typeof messages.DiffRequest>) => {
      const { changes, deleteBeforeReplace } = await provider.diff({
        urn: request.getUrn(),
        id: request.getId(),
        oldInputs: read(request.getOldInputs()),
        news: read(request.getNews()),
      });
      return diffed(changes, deleteBeforeReplace);
    }),
    create: answering(async (request: InstanceType<typeof messages.CreateRequest>) => {
      const { id, properties } = await provider.create({
        urn: request.getUrn(),
        inputs: read(request.getProperties()),
        preview: request.getPreview(),
      });
      return new messages.CreateResponse().setId(id).setProperties(write(properties));
    }),
    update: answering(async (request: InstanceType<typeof messages.UpdateRequest>) => {
      const properties = await provider.update({
        urn: request.getUrn(),
        id: request.getId(),
        oldInputs: read(request.getOldInputs()),
        olds: read(request.getOlds()),
        news: read(request.getNews()),
        preview: request.getPreview(),
      });
      return new messages.UpdateResponse().setProperties(write(properties));
    }),
    read: answering(async (request: InstanceType<typeof messages.ReadRequest>) => {
      const found = await provider.read({
        urn: request.getUrn(),
        id: request.getId(),
        inputs: read(request.getInputs()),
        properties: read(request.getProperties()),
      });
      const response = new messages.ReadResponse();
      // An empty id says that it is gone.
      return found === null
        ? response
        : response
            .setId(request.getId())
            .setInputs(write(found.inputs))
            .setProperties(write(found.properties));
    }),
    delete: answering(async (request: InstanceType<typeof messages.DeleteRequest>) => {
      await provider.delete({
        urn: request.getUrn(),
        id: request.getId(),
        properties: read(request.getProperties()),
      });
      return new empty.Empty();
    }),
    invoke: answering(async (request: InstanceType<typeof messages.InvokeRequest>) =>
      new messages.InvokeResponse().setReturn(
        write(await provider.invoke(request.getTok(), read(request.getArgs()))),
      ),
    ),
  };
}

/** What throws is told to the engine as the resource's or the function's error, without a stack. */
function answering<Request, Response>(work: (request: Request) => Promise<Response>) {
  return (call: { request: Request }, callback: Answer<Response>) => {
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

function checked(inputs: Wire, failures: Failure[]): InstanceType<typeof messages.CheckResponse> {
  return new messages.CheckResponse()
    .setInputs(write(inputs))
    .setFailuresList(
      failures.map(({ property, reason }) =>
        new messages.CheckFailure().setProperty(property).setReason(reason),
      ),
    );
}

function diffed(
  changes: readonly PropertyChange[],
  deleteBeforeReplace: boolean,
): InstanceType<typeof messages.DiffResponse> {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  const top = (path: string) => path.split(/[.[]/, 1)[0] ?? '';
  const response = new messages.DiffResponse()
    .setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList([...new Set(changes.map(({ path }) => top(path)))])
    .setReplacesList([...new Set(changes.filter((change) => change.replaces).map(({ path }) => top(path)))])
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const { path, kind, replaces } of changes) {
    response
      .getDetaileddiffMap()
      .set(path, new messages.PropertyDiff().setKind(kindOf(kind, replaces)).setInputdiff(true));
  }
  return response;
}

function kindOf(kind: PropertyChange['kind'], replaces: boolean): number {
  const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
  switch (kind) {
    case 'add':
      return replaces ? ADD_REPLACE : ADD;
    case 'delete':
      return replaces ? DELETE_REPLACE : DELETE;
    case 'update':
      return replaces ? UPDATE_REPLACE : UPDATE;
  }
}

function read(value: { toJavaScript(): object } | undefined): Wire {
  return (value?.toJavaScript() ?? {}) as Wire;
}

function write(value: Wire): InstanceType<typeof struct.Struct> {
  return struct.Struct.fromJavaScript(defined(value) as Parameters<typeof struct.Struct.fromJavaScript>[0]);
}

/** The wire has no `undefined`. */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => defined(item) ?? null);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([name, part]) => [name, defined(part)]),
    );
  }
  return value;
}
