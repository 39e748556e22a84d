export declare function bundleSimulation(options: { readonly root: string; readonly entry: string; readonly outfile: string }): Promise<void>
