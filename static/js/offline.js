// The page that stands for one that could not be fetched: asks for it again once there is a network.
addEventListener("online", () => location.reload())
