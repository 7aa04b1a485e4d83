#!/bin/sh
# Make sure that films can be drawn without a screen. Never fails: everything but drawing works without.
python="$1"
works() { "$python" -c 'from reachenv.drawing.render import Renderer; Renderer(width=64, height=48).close()' >/dev/null 2>&1; }
works && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing libraries to draw films without a screen (libegl1 libopengl0 libgl1-mesa-dri) ..."
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libegl1 libopengl0 libgl1-mesa-dri; } >/dev/null 2>&1
  works && exit 0
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libosmesa6 >/dev/null 2>&1
  works && exit 0
fi
echo "No OpenGL library was found, so there will be no films; everything else works."
echo "To get films on Debian or Ubuntu: sudo apt-get install libegl1 libopengl0 libgl1-mesa-dri"
exit 0
