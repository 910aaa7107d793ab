# A small profile, such as a service of a few files would have.
abi <abi/3.0>,
profile bench {
  / r,
  /run/bench/bench mrix,
  /run/bench/figures w,
  /srv/ r,
  /srv/** rwlk,
  /srv/child ix,
  /etc/ld.so.cache r,
  /usr/lib/** mr,
  /proc/self/** r,
  network inet dgram,
  network inet stream,
  network inet6 stream,
}
