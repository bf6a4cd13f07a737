// ns-3 anchor: global routing. Routers joined by point-to-point links, each a /30; standard input gives the number of
// routers and then a pair of numbers for each link. Prints how long PopulateRoutingTables takes, as key=value figures.
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

using namespace ns3;

int
main()
{
    uint32_t routers = 0;
    if (scanf("%u", &routers) != 1)
    {
        return 2;
    }
    NodeContainer nodes;
    nodes.Create(routers);
    InternetStackHelper stack;
    stack.SetIpv6StackInstall(false);
    stack.Install(nodes);
    PointToPointHelper link;
    Ipv4AddressHelper address;
    uint32_t a = 0;
    uint32_t b = 0;
    uint32_t links = 0;
    for (; scanf("%u %u", &a, &b) == 2; links++)
    {
        NetDeviceContainer ends = link.Install(nodes.Get(a), nodes.Get(b));
        address.SetBase(Ipv4Address((10u << 24) + links * 4), "255.255.255.252");
        address.Assign(ends);
    }
    auto start = std::chrono::steady_clock::now();
    Ipv4GlobalRoutingHelper::PopulateRoutingTables();
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    printf("routers=%u links=%u routing_s=%.4f\n", routers, links, elapsed.count());
    fflush(stdout);
    _exit(0); // tearing the nodes down is not part of the figure
}
