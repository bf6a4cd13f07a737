#!/bin/sh
# Builds the ns-3 programs.
#   sh build.sh OUTDIR                  against the Debian packages ns3 and libns3-dev
#   sh build.sh OUTDIR NS3_BUILD_DIR    against a source build (its include/ and lib/), see README.md
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-.}
mods="csma point-to-point internet bridge traffic-control network stats core"
for p in chain scale routes; do
  if [ $# -ge 2 ]; then
    libs=""
    for m in $mods; do libs="$libs -lns3.37-$m-optimized"; done
    g++ -std=c++17 -O3 -DNDEBUG -march=native -I"$2/include" -o "$out/ns3opt-$p" "$here/$p.cc" -L"$2/lib" -Wl,-rpath,"$2/lib" $libs
  else
    libs=""
    for m in $mods; do libs="$libs -lns3-$m"; done
    g++ -std=c++17 -O3 -DNDEBUG -march=native -o "$out/ns3-$p" "$here/$p.cc" $libs
  fi
done
