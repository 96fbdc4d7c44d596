import { expect, it } from 'vitest';
import { childVariables, installerVariables } from '../../../../scripts/tools/toolchain/variables.mjs';

const ours = {
  PATH: '/usr/bin:/node/bin',
  HOME: '/root',
  AWS_CA_BUNDLE: '/ca.pem',
  HTTPS_PROXY: 'http://p:1',
  http_proxy: 'http://p:2',
};

it('local clients see neither proxies nor AWS_CA_BUNDLE', () => {
  expect(childVariables(ours, '/node/bin')).toEqual({
    PATH: '/node/bin:/usr/bin',
    HOME: '/root',
    STORAGE_AWS_CA_BUNDLE: '/ca.pem',
    STORAGE_INSTALLER_HTTPS_PROXY: 'http://p:1',
    STORAGE_INSTALLER_http_proxy: 'http://p:2',
  });
});

it('installers see the proxies, from within too', () => {
  expect(installerVariables(childVariables(ours, '/node/bin'))).toEqual({
    PATH: '/node/bin:/usr/bin',
    HOME: '/root',
    STORAGE_AWS_CA_BUNDLE: '/ca.pem',
    HTTPS_PROXY: 'http://p:1',
    http_proxy: 'http://p:2',
  });
  expect(installerVariables(ours)).toEqual(ours);
});
