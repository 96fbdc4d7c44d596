/** What our load balancers speak: TLS 1.2 and 1.3 with forward secrecy and authenticated encryption only. */
export const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06';
